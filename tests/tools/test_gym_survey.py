from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest
from conftest import REPOSITORY

NEEDS = "reasoning-gym is the extra 'gym': pip install 'hrm-lab[gym]'"
pytest.importorskip("reasoning_gym", reason=NEEDS)

PAGE = REPOSITORY / "docs/reasoning-gym.md"


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tools_gym_survey", REPOSITORY / "tools/gym_survey.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_row_says_how_a_data_set_is_laid_out_or_why_not() -> None:
    survey = tool()
    gcd, grid, none, long = (
        survey.survey(name, 12) for name in ("gcd", "binary_matrix", "rush_hour", "needle_haystack")
    )
    assert gcd.cells()[:2] == ("gcd", "text")
    assert gcd.reason == ""
    assert grid.cells()[:3] == ("binary_matrix", "grid", "8 x 8")
    assert none.reason == "no answer: the answer is None"
    assert "the questions take up to" in long.reason
    made = survey.table([gcd, grid, none, long])
    assert made.startswith("2 of 4 can be trained on as they are (reasoning-gym ")
    assert made.count("\n") == 7
    page = f"# A\n\n{survey.HEADING}\n\nMade by a command.\n\n0 of 0 can be trained on.\n\n## More\n\ntext\n"
    assert survey.with_table(page, made) == page.replace("0 of 0 can be trained on.", made)


def test_the_page_tells_of_at_least_sixty() -> None:
    survey = tool()
    text = PAGE.read_text(encoding="utf-8")
    found = survey.re.search(r"(\d+) of (\d+) can be trained on as they are", text)
    assert found is not None
    assert int(found[1]) >= 60
    rows = [line for line in text.split("\n") if survey.re.fullmatch(r"\| \w+ \|( (text|grid) \|).*\| \|", line)]
    assert len(rows) == int(found[1])


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_sixty_data_sets_can_be_trained_on() -> None:
    """The whole library: every answer is right for its own scorer when it went through the layout and back."""
    command = [sys.executable, str(REPOSITORY / "tools/gym_survey.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    num, total = map(int, done.stdout.split(" can be")[0].split(" of "))
    assert total > 90
    assert num >= 60, done.stdout
