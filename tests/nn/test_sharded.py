from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from ranks import in_ranks

from hrm.nn.embedding import PuzzleEmbedding, fetch_rows, sharded_tables
from hrm.nn.sharded import ShardedRows, num_rows
from hrm.world import ALONE, World

NUM, WIDTH = 11, 3
IDS = torch.tensor([[7, 0, 7, 10], [7, 2, 4, 5]])
"""Of the slots of two ranks: one id twice on a rank, and on both."""


def whole_table() -> torch.Tensor:
    return torch.arange(NUM * WIDTH, dtype=torch.float64).view(NUM, WIDTH)


def weights_of(ids: torch.Tensor) -> torch.Tensor:
    """A gradient for every slot, which tells slots apart."""
    return torch.arange(1, ids.numel() + 1, dtype=torch.float64)[:, None] ** 2 / 7 * torch.ones(WIDTH)


def learn(world: World, folder: Path) -> dict[str, Any]:
    embedding = PuzzleEmbedding(1, WIDTH).double()
    embedding.shard(NUM, world)
    rows = embedding.shards
    assert rows is not None
    with torch.no_grad():
        rows.own.copy_(whole_table()[world.rank :: world.size])
    ids = IDS.view(world.size, -1)[world.rank]
    fetch_rows(embedding, ids)
    looked = embedding(ids)
    half = len(ids) // 2  # two parts, whose gradients add up
    for part in (slice(half), slice(half, None)):
        (embedding(ids[part]) * weights_of(IDS).view(world.size, -1, WIDTH)[world.rank][part]).sum().backward()
    rows.give_back()
    assert embedding.table is rows.own
    return {"looked": looked.detach(), "grad": rows.own.grad.to_dense(), "sparse": rows.own.grad, "sent": world.sent}


@pytest.mark.parametrize("size", [1, 2, 4])
def test_rows_come_from_their_ranks_and_gradients_go_back(tmp_path: Path, size: int) -> None:
    found = [learn(ALONE, tmp_path)] if size == 1 else in_ranks(size, learn, tmp_path)
    table = whole_table().requires_grad_()
    (table[IDS.flatten()] * weights_of(IDS)).sum().backward()
    assert torch.equal(torch.cat([one["looked"] for one in found]), whole_table()[IDS.flatten()])
    for rank, one in enumerate(found):
        torch.testing.assert_close(one["grad"], table.grad[rank::size], rtol=1e-15, atol=0)
        touched = one["sparse"].coalesce().indices()[0] * size + rank
        assert set(touched.tolist()) == {i for i in IDS.flatten().tolist() if i % size == rank}, "no others decay"
        if size == 2:
            others = sum(int(i) % 2 != rank for i in IDS[rank].unique())
            asked = sum(int(i) % 2 == rank for i in IDS[1 - rank].unique())
            # Ids asked for, and how many; rows given; gradients sent back.
            assert one["sent"]["embeddings"] == 8 * others + 8 + 8 * WIDTH * asked + 8 * WIDTH * others


def test_a_sharded_table_is_in_no_state_dict_and_nothing_else_is_looked_up() -> None:
    embedding = PuzzleEmbedding(1, WIDTH)
    assert sharded_tables(embedding) == {}
    embedding.shard(NUM, ALONE)
    assert list(embedding.state_dict()) == []
    assert list(embedding.parameters()) == []
    with pytest.raises(AssertionError, match="no rows were fetched"):
        embedding(torch.tensor([1]))
    fetch_rows(embedding, torch.tensor([1, 4]))
    assert embedding(torch.tensor([4])).shape == (1, WIDTH)
    with pytest.raises(AssertionError, match="not fetched"):
        embedding(torch.tensor([3]))
    with pytest.raises(AssertionError, match="no row had a part"):
        sharded_tables(embedding)[".weight"].give_back()


def test_every_row_has_one_rank() -> None:
    assert [num_rows(NUM, rank, 4) for rank in range(4)] == [3, 3, 3, 2]
    assert num_rows(2, 3, 4) == 0
    assert ShardedRows(2, torch.zeros(1, 5), World(3, 4)).own.shape == (0, 5)
