from __future__ import annotations

from importlib import metadata
from typing import Any

import pytest

from hrm.errors import InputError
from hrm.puzzles.gym import library

NEEDS = "reasoning-gym is the extra 'gym': pip install 'hrm-lab[gym]'"


def test_without_the_library_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(InputError, match=r"pip install 'hrm-lab\[gym\]'"):
        library.names()


def test_options_become_what_the_data_set_expects() -> None:
    pytest.importorskip("reasoning_gym", reason=NEEDS)
    assert len(library.names()) > 90
    assert library.read_options("chain_sum", ["min_terms=2", "max_terms=2", "allow_negation=True"]) == {
        "min_terms": 2,
        "max_terms": 2,
        "allow_negation": True,
    }
    assert library.read_options("rotate_matrix", ["max_rotations=3"]) == {"max_rotations": 3}
    assert library.read_options("pool_matrix", []) == {}
    made = library.dataset("gcd", {"max_value": 10}, seed=1, size=3)
    assert made.score_answer(made[0]["answer"], made[0]) == 1


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("sudocu", [], "unknown data set of reasoning-gym 'sudocu': did you mean 'sudoku'"),
        ("gcd", ["max_valeu=10"], "gcd has no 'max_valeu': did you mean 'max_value'"),
        ("gcd", ["max_value"], "'max_value' is not KEY=VALUE"),
        ("gcd", ["max_value=ten"], "max_value is 'ten': give a whole number"),
        ("gcd", ["max_value=1.5"], "max_value is '1.5': give a whole number"),
        ("chain_sum", ["allow_negation=3"], "allow_negation is '3': give true or false"),
        ("gcd", ["min_numbers=1"], "min_numbers must be at least 2"),
        ("gcd", ["seed=3"], "seed is set by --task.data-seed"),
        ("gcd", ["size=3"], "size is set by --task.num-train"),
        ("rearc", ["board_format_opts=3"], "board_format_opts cannot be set here"),
        ("number_sorting", ["min_value=x"], "min_value is 'x': give a number"),
    ],
)
def test_options_that_cannot_be(name: str, options: list[str], words: str) -> None:
    pytest.importorskip("reasoning_gym", reason=NEEDS)
    with pytest.raises(InputError, match=words) as caught:
        library.read_options(name, options)
    assert "\n" not in str(caught.value)


def test_lists_are_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("reasoning_gym", reason=NEEDS)
    read: dict[str, Any] = library.read_options("complex_arithmetic", ["operations=('+', '-')"])
    assert list(read["operations"]) == ["+", "-"]
    with pytest.raises(InputError, match="give a list"):
        library.read_options("complex_arithmetic", ["operations=3"])
