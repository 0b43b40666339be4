from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from hrm.models.hrm import HRMConfig
from hrm.segments.slots import Slots, empty_slots, joined, parts, refill, select_rows, take_rows
from hrm.types import Batch, TaskSpec

SPEC = TaskSpec(vocab_size=6, seq_len=16, num_puzzles=3, grid_shape=(4, 4), symbols=tuple(" .1234"))


class Nested(NamedTuple):
    a: Tensor
    b: Batch


def random_batch(B: int = 4) -> Batch:
    return Batch(torch.randint(0, 6, (B, 16)), torch.randint(0, 6, (B, 16)), torch.randint(0, 3, (B,)))


def test_rows_are_selected_in_trees_of_any_shape() -> None:
    one, two = (Nested(torch.randn(4, 2, 3), random_batch()) for _ in range(2))
    mask = torch.tensor([True, False, True, False])
    chosen = select_rows(mask, one, two)
    for leaf, a, b in zip((chosen.a, *chosen.b), (one.a, *one.b), (two.a, *two.b), strict=True):
        assert torch.equal(leaf[mask], a[mask])
        assert torch.equal(leaf[~mask], b[~mask])


def test_busy_slots_are_bit_for_bit_unchanged_and_free_ones_start_afresh() -> None:
    model = HRMConfig(hidden_size=32, num_heads=2, H_layers=1, L_layers=1, puzzle_embedding_size=0).build(SPEC)
    slots = refill(
        empty_slots(model, random_batch(), torch.bfloat16), model.initial_carry(4, torch.bfloat16), random_batch()
    )
    assert not slots.halted.any()
    carry, _ = model(slots.carry, slots.batch)
    halted = torch.tensor([False, True, False, True])
    before = Slots(carry, slots.batch, torch.tensor([3, 3, 1, 1]), halted)
    incoming, fresh = random_batch(), model.initial_carry(4, torch.bfloat16)
    after = refill(before, fresh, incoming)
    for leaf, old, new in zip(
        (*after.carry, *after.batch), (*before.carry, *before.batch), (*fresh, *incoming), strict=True
    ):
        assert torch.equal(leaf[~halted], old[~halted])
        assert torch.equal(leaf[halted], new[halted])
    assert after.steps.tolist() == [3, 0, 1, 0]
    assert not after.halted.any()


def test_rows_are_taken_from_every_part() -> None:
    batch = Batch(torch.arange(6).view(3, 2), torch.arange(6).view(3, 2) + 10, torch.arange(3))
    taken = take_rows(torch.tensor([2, 0]), batch)
    assert isinstance(taken, Batch)
    assert taken.inputs.tolist() == [[4, 5], [0, 1]]
    assert taken.puzzle_ids.tolist() == [2, 0]


def test_parts_and_what_they_are_joined_to() -> None:
    rows = torch.arange(6)
    whole = Batch(rows[:, None], 2 * rows[:, None], 3 * rows)
    pieces = parts(2, whole)
    assert [len(piece.inputs) for piece in pieces] == [2, 2, 2]
    assert all(torch.equal(a, b) for a, b in zip(joined(pieces), whole, strict=True))
    assert joined([whole]) is whole
    assert all(a is b for a, b in zip(parts(6, whole)[0], whole, strict=True)), "nothing is copied"
