"""Relabelling the symbols of a puzzle relabels its answer, and changes nothing else."""

from __future__ import annotations

import pytest
import torch

from hrm.errors import InputError
from hrm.models.equivariant import EquivariantConfig
from hrm.types import Batch, TaskSpec

SPEC = TaskSpec(
    vocab_size=6, seq_len=16, num_puzzles=3, grid_shape=(4, 4), symbols=tuple(" .1234"), interchangeable=(2, 3, 4, 5)
)


@pytest.mark.parametrize("random_start", [False, True])
def test_relabelled_puzzles_get_relabelled_answers(random_start: bool) -> None:
    torch.manual_seed(0)
    model = (
        EquivariantConfig(hidden_size=16, H_cycles=2, L_cycles=2, puzzle_embedding_size=8, random_start=random_start)
        .build(SPEC)
        .eval()
    )
    torch.nn.init.normal_(model.embedding.puzzles.weight)
    torch.nn.init.normal_(model.q_head.weight)
    inputs = torch.randint(0, 6, (5, 16))
    relabel = torch.tensor([0, 1, 4, 2, 5, 3])  # pad and blank stay
    ids = torch.tensor([0, 1, 2, 0, 1])
    plain, other = model.initial_carry(5), model.initial_carry(5)
    for _ in range(3):
        plain, here = model(plain, Batch(inputs, inputs, ids))
        other, there = model(other, Batch(relabel[inputs], inputs, ids))
        torch.testing.assert_close(there.logits[..., relabel], here.logits, rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(there.q_halt, here.q_halt, rtol=1e-3, atol=1e-3)
    assert not torch.allclose(here.logits[..., 2], here.logits[..., 3]), "symbols are told apart by where they stand"


def test_tokens_that_are_no_symbols_keep_their_own_meaning() -> None:
    torch.manual_seed(0)
    model = EquivariantConfig(hidden_size=16, L_layers=1, H_cycles=1, L_cycles=1).build(SPEC)
    pad, blank = (Batch(torch.full((1, 16), t), torch.full((1, 16), t), torch.zeros(1).long()) for t in (0, 1))
    answers = [model(model.initial_carry(1), batch)[1].logits for batch in (pad, blank)]
    assert not torch.allclose(*answers)


def test_a_task_without_interchangeable_tokens_is_served_too() -> None:
    maze = TaskSpec(vocab_size=6, seq_len=9, num_puzzles=1, grid_shape=(3, 3), symbols=tuple("?# SGo"))
    model = EquivariantConfig(hidden_size=16, L_layers=1, H_cycles=1, L_cycles=1).build(maze)
    tokens = torch.arange(6).repeat(2)[:9][None]
    _, prediction = model(model.initial_carry(1), Batch(tokens, tokens, torch.zeros(1).long()))
    assert prediction.logits.shape == (1, 9, 6)
    assert model.embedding.roles.shape[0] == 6, "a role per token"


def test_the_default_has_the_size_of_the_paper() -> None:
    sudoku = TaskSpec(
        vocab_size=11,
        seq_len=81,
        num_puzzles=1,
        grid_shape=(9, 9),
        symbols=tuple(" .123456789"),
        interchangeable=tuple(range(2, 11)),
    )
    num = sum(p.numel() for p in EquivariantConfig().build(sudoku).parameters())
    assert 0.5e6 < num < 1.0e6


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="cell_expansion"):
        EquivariantConfig(cell_expansion=0)
