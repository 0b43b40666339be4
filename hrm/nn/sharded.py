"""A table of puzzle embeddings whose rows are parted over the ranks: row i is row ``i // R`` of rank ``i mod R``.

For tables that no device holds. A step asks for the rows of its puzzles, and sends their gradients back to who has
them; nobody ever has the whole.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from hrm.world import EMBEDDINGS, World


def num_rows(num: int, rank: int, size: int) -> int:
    """Rows that a rank has, of ``num``."""
    return len(range(rank, num, size))


class ShardedRows:
    """Rows of one rank of a table (num, E), zero at the start, and those that it was last given of the others.

    ``own`` (n, E) is for the optimizer: where ``give_back`` has been called its gradient is sparse, as that of a whole
    table would be, summed over the ranks in their order.
    """

    def __init__(self, num: int, like: Tensor, world: World) -> None:
        """like: (anything, E), whose precision and device the rows have."""
        self.num, self.world = num, world
        self.own = like.detach().new_zeros(num_rows(num, world.rank, world.size), like.shape[1]).requires_grad_()
        self.fetch(torch.zeros(0, dtype=torch.int64, device=like.device), is_asked=False)

    @torch.no_grad()
    def fetch(self, ids: Tensor, *, is_asked: bool = True) -> None:
        """Get the rows of ``ids`` (any number of them, any shape) from the ranks that have them: those, and no others,
        can be looked up until the next time. Every rank calls it."""
        size = self.world.size
        self.ids = torch.unique(ids)  # in order
        owners = self.ids % size
        self.order = torch.argsort(owners, stable=True)
        self.counts: list[int] = torch.bincount(owners, minlength=size).tolist()
        self.asked: list[Tensor] = []
        self.rows = self.own.new_empty(len(self.ids), self.own.shape[1])
        if is_asked:
            mine = torch.split(self.ids[self.order], self.counts)
            self.asked = [others // size for others in self.world.exchange(mine, EMBEDDINGS)]
            given = self.world.exchange([self.own[rows] for rows in self.asked], EMBEDDINGS, self.counts)
            self.rows[self.order] = torch.cat(given)
        self.rows.requires_grad_()

    def look_up(self, ids: Tensor) -> Tensor:
        """The rows of ``ids`` (B,), which have been fetched: (B, E)."""
        places = torch.searchsorted(self.ids, ids).clamp(max=max(0, len(self.ids) - 1))
        assert len(self.ids), "no rows were fetched"
        assert torch.equal(self.ids[places], ids), "rows of puzzles that were not fetched"
        return F.embedding(places, self.rows, sparse=True)

    @torch.no_grad()
    def give_back(self) -> None:
        """Send the gradients of the rows that were fetched to the ranks that have them; ``own`` gets its own. Every
        rank calls it, after the backward pass."""
        assert self.rows.grad is not None, "no row had a part in the loss"
        grad = self.rows.grad.coalesce()  # sums the rows of equal puzzle ids
        assert grad.values().shape == self.rows.shape, "rows that had no part in the loss"
        mine = torch.split(grad.values()[self.order], self.counts)
        given = self.world.exchange(mine, EMBEDDINGS, [len(rows) for rows in self.asked])
        own = (torch.cat(self.asked)[None], torch.cat(given), self.own.shape)
        self.own.grad = torch.sparse_coo_tensor(*own, check_invariants=False)  # nor does the gradient of a whole table
        self.rows.grad = None
