from __future__ import annotations

import torch

from hrm.nn.embedding import InputEmbedding
from hrm.types import Batch


def batch() -> Batch:
    return Batch(torch.tensor([[1, 2, 3], [3, 2, 1]]), torch.zeros(2, 3).long(), torch.tensor([0, 4]))


def test_puzzle_embedding_is_padded_into_whole_positions_before_the_cells() -> None:
    embedding = InputEmbedding(8, 5, 3, 6, puzzle_embedding_size=12, positions="none")
    assert (embedding.prefix, embedding.num_positions) == (2, 5)
    torch.nn.init.normal_(embedding.puzzles.weight)
    e = embedding(batch())
    prefix = e[:, :2].reshape(2, 16)
    torch.testing.assert_close(prefix[:, :12], embedding.puzzles.weight[[0, 4]] * 8**0.5)
    assert (prefix[:, 12:] == 0).all()
    torch.testing.assert_close(e[0, 2], embedding.tokens[1] * 8**0.5)


def test_without_puzzle_embedding_there_is_no_prefix() -> None:
    embedding = InputEmbedding(8, 5, 3, 6, puzzle_embedding_size=0, positions="learned")
    assert embedding.puzzles is None
    e = embedding(batch())
    assert e.shape == (2, 3, 8)
    torch.testing.assert_close(e[1, 0], (embedding.tokens[3] + embedding.positions[0]) * 2.0)  # sqrt(8) / sqrt(2)


def test_the_gradient_of_puzzles_is_sparse_and_has_a_row_per_slot() -> None:
    embedding = InputEmbedding(8, 5, 3, 6, puzzle_embedding_size=8, positions="none")
    twice = batch()._replace(puzzle_ids=torch.tensor([4, 4]))
    embedding(twice).sum().backward()
    grad = embedding.puzzles.weight.grad
    assert grad.is_sparse
    assert grad._indices().tolist() == [[4, 4]]
