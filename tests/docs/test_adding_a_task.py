"""The page on adding a task shows code as it is."""

from __future__ import annotations

import re

import pytest
from conftest import REPOSITORY

PAGE = (REPOSITORY / "docs/adding-a-task.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SOURCES = [
    (REPOSITORY / file).read_text(encoding="utf-8") for file in ("hrm/puzzles/queens.py", "hrm/tasks/families.py")
]


@pytest.mark.parametrize("block", SHOWN)
def test_every_block_stands_in_the_code(block: str) -> None:
    # Code of a class stands on the page without its indentation, as a formatter leaves it.
    shapes = [shape for source in SOURCES for shape in (source, re.sub(r"(?m)^    ", "", source))]
    assert any(closed_up(block) in closed_up(shape) for shape in shapes)


def closed_up(text: str) -> str:
    return re.sub(r"\n\n+", "\n\n", text)


def test_there_are_blocks() -> None:
    assert len(SHOWN) >= 8
