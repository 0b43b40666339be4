"""Every command and every line of Python of the tutorials, top to bottom, in an empty folder.

What would take minutes is shortened where the page itself says so, in a comment that no reader sees::

    <!-- in tests: --training.steps 600 -> --training.steps 3 -->     in the next block, one text in place of another
    <!-- file: latin_squares.py -->                                   the next block is kept under this name, not run

``-m slow`` runs the pages as they are.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from conftest import REPOSITORY

from hrm.cli import main
from hrm.models import MODELS
from hrm.tasks import TASKS

PAGES = sorted((REPOSITORY / "docs/tutorials").glob("*.md"))
BLOCK = re.compile(
    r"^(?P<told>(?:<!-- [^\n]+ -->\n)*)```(?P<language>\w*)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)
SHELL = re.compile(r"[|<>$;&*]|^(?!hrm )", re.MULTILINE)
"""What only a shell understands."""


class Block(NamedTuple):
    """A block of a page that a reader would run."""

    language: str
    code: str
    file: str | None
    shorter: tuple[tuple[str, str], ...]

    @property
    def short(self) -> str:
        """The code with every text replaced that the page names."""
        code = self.code
        for old, new in self.shorter:
            assert old in code, f"{old!r} is not in the block that it is to be replaced in"
            code = code.replace(old, new)
        return code


def blocks(page: Path) -> Iterator[Block]:
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        told = found["told"]
        shorter = re.findall(r"<!-- in tests: (.+?) -> (.+?) -->", told)
        file = re.search(r"<!-- file: (\S+) -->", told)
        assert len(shorter) + (file is not None) == told.count("<!--"), f"{page.name}: {told}"
        assert found["language"] in ("sh", "python", "text", "json"), f"{page.name}: {found['language']!r}"
        if found["language"] in ("sh", "python"):
            yield Block(found["language"], found["code"], file[1] if file else None, tuple(shorter))


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in, with an ``hrm`` and a ``python`` that a shell finds; what a page registers is forgotten."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, called in (("hrm", "-m hrm"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {called} "$@"\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    before = [(table, dict(table)) for table in (TASKS, MODELS)]
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield tmp_path / "work"
    for table, kept in before:
        table.clear()
        table.update(kept)


def run_shell(code: str, is_short: bool) -> None:
    """Commands of the program alone run in this process, which has torch already; all others in a shell."""
    code = code.strip()
    if SHELL.search(code):
        subprocess.run(["bash", "-euo", "pipefail", "-c", code], check=True)
        return
    for line in code.replace("\\\n", " ").splitlines():
        status = main(shlex.split(line)[1:])
        is_half_trained = is_short and line.startswith("hrm solve")
        assert status == 0 or (is_half_trained and status == 1), f"{line}: ended with {status}"


def run_page(page: Path, monkeypatch: pytest.MonkeyPatch, *, is_short: bool) -> int:
    """The number of blocks of a page that were run, or kept as files."""
    notebook = ModuleType("notebook")  # dataclasses look their module up
    monkeypatch.setitem(sys.modules, "notebook", notebook)
    num = 0
    for num, block in enumerate(blocks(page), start=1):
        code = block.short if is_short else block.code
        if block.file is not None:
            Path(block.file).write_text(code, encoding="utf-8")
        elif block.language == "sh":
            run_shell(code, is_short)
        else:
            exec(compile(code, f"{page.name}, block {num}", "exec"), notebook.__dict__)
    return num


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs_from_top_to_bottom(page: Path, empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_page(page, monkeypatch, is_short=True) >= 4


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs_as_it_is_written(page: Path, empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_page(page, monkeypatch, is_short=False) >= 4


def test_all_blocks_of_a_page_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n\n<!-- in tests: --steps 9 -> --steps 1 -->\n```sh\nhrm train x --steps 9\n```\n\n"
        "<!-- file: a.py -->\n```python\nprint(1)\n```\n```text\nnot run\n```\n"
    )
    first, second = blocks(page)
    assert first.short == "hrm train x --steps 1\n"
    assert first.code == "hrm train x --steps 9\n"
    assert (second.file, second.language) == ("a.py", "python")
    page.write_text("<!-- in tests: gone -> here -->\n```sh\nhrm list\n```\n")
    with pytest.raises(AssertionError, match="is not in the block"):
        _ = next(blocks(page)).short
    page.write_text("<!-- whatever -->\n```sh\nhrm list\n```\n")
    with pytest.raises(AssertionError, match="whatever"):
        next(blocks(page))
