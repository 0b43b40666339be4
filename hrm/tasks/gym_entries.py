"""The questions of a data set of reasoning-gym, as the library gives them: those of training, and held-out ones.

Held-out questions are of other seeds than those of training, and none of them is a training question. Where a data set
repeats itself (there are only so many coin flips), a digest of a question says on which side it is.
"""

from __future__ import annotations

import json
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError, notify
from hrm.puzzles.gym.entries import Entry, make, packed, unpacked
from hrm.puzzles.gym.library import dataset as dataset_of
from hrm.puzzles.gym.scorer import EntryScorer
from hrm.tasks.generated import generated

STRIDE = 10_000_000
"""Seeds between two sources of questions: the library draws question i with the seed plus i."""

MOST_QUESTIONS = STRIDE // 10

ROUNDS = 4
"""How often as many questions again are drawn, where too many were alike. Chosen by hand."""

REPEATS = 0.1
"""Share of alike questions from which on a data set is a small one, whose questions a digest tells apart."""

HELD_OUT_SHARE = 0.2
"""Share of a small data set that is held out. Chosen by hand, as the one above."""


class GymEntries:
    """Entries by side. They are made when first asked for, in a process of the library's own, and kept on disk."""

    def __init__(
        self, dataset: str, options: dict[str, Any], *, library: str, data_seed: int, num_train: int, num_test: int
    ) -> None:
        """library: its version, which the kept ones are of; options: as the library takes them."""
        self.dataset, self.options, self.library, self.data_seed = dataset, options, library, data_seed
        self.num_train, self.num_test = num_train, num_test
        self.scorer = EntryScorer(lambda: dataset_of(self.dataset, self.options, seed=0, size=num_test))

    @property
    def has_train(self) -> bool:
        """True where those of training are at hand."""
        return "train" in vars(self)

    def _made(self, is_held_out: bool, num: int, part: int) -> list[Entry]:
        """``num`` entries, alike ones among them; ``part``: which of several such lots. Kept on disk."""
        seed = STRIDE * ((2 * self.data_seed + is_held_out) % 200) + num * part
        asked = {"dataset": self.dataset, "options": json.dumps(self.options, sort_keys=True, default=str)}

        def make_them() -> tuple[NDArray[np.uint8]]:
            notify(f"reasoning-gym makes {num:,} questions of {self.dataset} ...")
            return (packed(make(self.dataset, self.options, seed, num)),)

        (content,) = generated(
            make_them, num, 1, {"task": "reasoning-gym", "library": self.library, "seed": seed, **asked}
        )
        return unpacked(content)

    @cached_property
    def _first_test(self) -> tuple[dict[str, Entry], bool]:
        """Held-out entries by question, and whether the data set is a small one."""
        made = self._made(True, self.num_test, 0)
        found = {entry.question: entry for entry in reversed(made)}
        return found, len(made) > 1 and len(found) < (1 - REPEATS) * len(made)

    @cached_property
    def test(self) -> list[Entry]:
        """The held-out entries, all different."""
        found, is_small = self._first_test
        return self._filled(dict(found), True, lambda question: not is_small or _is_held_out(question))

    @cached_property
    def train(self) -> list[Entry]:
        """The entries of training, none of them held out."""
        taken, (_, is_small) = {entry.question for entry in self.test}, self._first_test
        return self._filled(
            {}, False, lambda question: question not in taken and not (is_small and _is_held_out(question))
        )

    def _filled(self, found: dict[str, Entry], is_held_out: bool, accepts: Any) -> list[Entry]:
        """So many different entries, or as many as some rounds find."""
        num = self.num_test if is_held_out else self.num_train
        found = {question: entry for question, entry in found.items() if accepts(question)}
        for part in range(int(is_held_out), ROUNDS):
            if len(found) >= num:
                break
            before = len(found)
            for entry in self._made(is_held_out, num, part):
                if accepts(entry.question):
                    found.setdefault(entry.question, entry)
            if part and len(found) - before < REPEATS * num:  # there are hardly any more
                break
        what = "held-out" if is_held_out else "training"
        if not found:
            raise InputError(f"{self.dataset} has no {what} questions: those that it makes are all alike")
        if len(found) < num:
            notify(f"{self.dataset} gives {len(found):,} different {what} questions, not {num:,}")
        return list(found.values())[:num]


def _is_held_out(question: str) -> bool:
    """True for a share of all questions, by their digest."""
    digest = blake2b(question.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") < HELD_OUT_SHARE * 2**32
