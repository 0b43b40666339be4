"""Layers on an axis of symbols treat every symbol alike, and tokens that are none by themselves."""

from __future__ import annotations

import torch

from hrm.nn.symbols import RoleEmbedding, SymbolBlock, SymbolHead, SymbolSet
from hrm.types import Batch, TaskSpec

SPEC = TaskSpec(
    vocab_size=6, seq_len=16, num_puzzles=3, grid_shape=(4, 4), symbols=tuple(" .1234"), interchangeable=(2, 3, 4, 5)
)
MAZE = TaskSpec(vocab_size=6, seq_len=16, num_puzzles=1, grid_shape=(4, 4), symbols=tuple("?# SGo"))
RELABEL = torch.tensor([0, 1, 4, 2, 5, 3])  # pad and blank stay
ORDER = RELABEL[2:] - 2


def relabelled(x: torch.Tensor) -> torch.Tensor:
    """(..., symbols, S, D), each symbol's vectors moved to its new place."""
    moved = torch.empty_like(x)
    moved[..., ORDER, :, :] = x
    return moved


def test_a_set_of_tokens_and_the_logits_move_with_the_symbols() -> None:
    torch.manual_seed(0)
    layer, head = SymbolSet(8, SPEC), SymbolHead(8, SPEC)
    alive = (torch.rand(3, 16, 6) < 0.5).float()
    other = torch.empty_like(alive)
    other[..., RELABEL] = alive
    here, there = layer(alive), layer(other)
    assert here.shape == (3, 4, 16, 8)
    torch.testing.assert_close(there, relabelled(here))
    torch.testing.assert_close(head(there)[..., RELABEL], head(here))


def test_a_set_tells_every_token_apart() -> None:
    torch.manual_seed(0)
    for spec, num_symbols in ((SPEC, 4), (MAZE, 1)):
        layer = SymbolSet(8, spec)
        x = layer(torch.eye(6).repeat(1, 1)[None])  # cell i holds token i alone
        assert x.shape == (1, num_symbols, 6, 8)
        vectors = x[0].transpose(0, 1).flatten(1)  # (token, symbols x D)
        assert (torch.cdist(vectors, vectors) + 9 * torch.eye(6) > 1e-3).all()


def test_logits_of_a_task_without_symbols_are_those_of_a_linear_layer() -> None:
    torch.manual_seed(0)
    head, x = SymbolHead(8, MAZE), torch.randn(2, 1, 16, 8)
    torch.testing.assert_close(head(x), x[:, 0] @ head.weight.T)


def test_a_block_and_the_embedding_move_with_the_symbols() -> None:
    torch.manual_seed(0)
    embedding, block = RoleEmbedding(8, SPEC, 0, 0), SymbolBlock(4, 16, 24, 8, 16)
    tokens = torch.randint(0, 6, (3, 16))
    here, there = (block(embedding(Batch(t, t, torch.zeros(3).long()))) for t in (tokens, RELABEL[tokens]))
    torch.testing.assert_close(there, relabelled(here))
