from __future__ import annotations

import pytest

from hrm.errors import InputError
from hrm.puzzles.gym.entries import Entry, make, packed, unpacked

NEEDS = "reasoning-gym is the extra 'gym': pip install 'hrm-lab[gym]'"


def test_entries_are_kept_as_bytes() -> None:
    entries = [Entry("Größe? ✅", "4", "{'a': 'ü'}"), Entry("\ud83d", "", "{}")]
    assert unpacked(packed(entries)) == entries


def test_the_hash_of_texts_in_this_process_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """ransom_note goes through a set of letters."""
    pytest.importorskip("reasoning_gym", reason=NEEDS)
    found = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        found.append(make("ransom_note", {}, 7, 5))
    assert found[0] == found[1]
    assert len(found[0]) == 5


def test_a_data_set_without_answers_says_so() -> None:
    pytest.importorskip("reasoning_gym", reason=NEEDS)
    with pytest.raises(InputError, match="makes no questions of rush_hour that have an answer: the answer is None"):
        make("rush_hour", {}, 7, 5)
    with pytest.raises(InputError, match=r"makes no questions of composite: .*at least one dataset"):
        make("composite", {}, 7, 5)
