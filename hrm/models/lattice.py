"""A lattice of candidates with search (arXiv 2605.08605): what goes on from segment to segment is no latent state but
the symbols that are still possible in every cell.

A segment is a recurrent network that looks at the candidates and says which will survive, which symbol each cell holds,
and whether the board can still be solved. Then candidates die, and one open cell is decided by a guess. Nothing is ever
taken back: a board that turns out wrong is given up, and another attempt begins with other guesses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrm.errors import InputError
from hrm.models.base import Lesson, Reasoner
from hrm.models.settings import BlocksConfig, require_above_zero, require_at_least_one
from hrm.nn.block import Level
from hrm.nn.embedding import InputEmbedding
from hrm.nn.linear import Linear
from hrm.nn.precision import at_least_float32
from hrm.nn.symbols import RoleEmbedding, SymbolBlock, SymbolHead, SymbolSet
from hrm.types import IGNORE_LABEL, Batch, Prediction, TaskSpec

KEEP_WEIGHTS = (4.0, 0.5)
"""Weights of a candidate that is right, and of one that is not, in the loss of keeping them (arXiv 2605.08605)."""
SYMBOL_WEIGHT, DEAD_END_WEIGHT = 0.2, 0.1
"""Weights of the other two losses beside it (likewise)."""

MODULUS, MULTIPLIER = 2**31 - 1, 48271
"""Of Lehmer's generator, the "minimal standard" (Park and Miller, CACM 31, 1988, with their multiplier of 1993): luck
that is a part of the carry goes on as it began on every device, whatever stands in the other rows."""


@dataclass(frozen=True, kw_only=True)
class LatticeConfig(BlocksConfig):
    """Lattice of candidates: a recurrent network between deaths and guesses."""

    name: ClassVar[str] = "lattice"

    puzzle_embedding_size: int = 0
    """Width E of the embedding of a puzzle id; 0 for no prefix at all."""
    has_q_continue: ClassVar[bool] = False  # type: ignore[misc]  # nothing to weigh: a board is solved, stuck or open
    equivariant: bool = False
    """A vector for every (symbol, cell) and weights that all symbols share (nn/symbols.py) in place of ``mixing``: what
    is learned of one digit is known of all."""
    H_layers: int = 4
    """Blocks of the network (published: 4)."""
    H_cycles: int = 16
    """Times that it runs in a segment; it is trained to be right after each of them (published: 16)."""
    kill_below: float = 0.1
    """Probability of surviving below which a candidate dies (published)."""
    stuck_above: float = 0.5
    """Probability of a dead end above which a board is given up (published for training; 0.6 for solving)."""
    temperature: float = 0.5
    """Temperature of the guesses in training: a candidate of any open cell is drawn, by its probability to the power of
    1 / temperature (published: a cell evenly, its symbol at 1.5)."""
    solve_temperature: float = 0.1
    """The same in solving, where a wrong guess teaches nothing."""
    dropout: float = 0.0
    """Share of the elements of the state that are lost before each block in training (published: 0.1, of what kind its
    paper does not say)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least_one(self, "H_layers", "H_cycles")
        require_above_zero(self, "temperature", "solve_temperature")
        if not 0 <= self.dropout < 1:
            raise InputError(f"model.dropout is {self.dropout}: a share from 0 to below 1 is needed")
        for name in ("kill_below", "stuck_above"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(f"model.{name} is {getattr(self, name)}: a probability between 0 and 1 is needed")

    def build(self, spec: TaskSpec) -> Lattice:
        return Lattice(self, spec)


class Candidates(NamedTuple):
    """The state that goes on from one segment to the next."""

    alive: Tensor  # (B, S, V) 1 where the symbol may still be that of the cell, else 0; in the precision of the model
    luck: Tensor  # (B, S, V) int64, Lehmer's generators, one a candidate; all 0: no guess is left to chance


class Look(NamedTuple):
    """Statements of the network about a board, after each of its K cycles."""

    keep: Tensor  # (K, B, S, V) logit: the candidate is alive and right
    symbol: Tensor  # (K, B, S, V) logits
    dead_end: Tensor  # (K, B) logit: in some cell the right symbol is dead


class Evidence(NamedTuple):
    """Grounds of a segment's loss."""

    look: Look
    before: Tensor  # (B, S, V) bool, candidates that the network looked at
    after: Tensor  # (B, S, V) bool, those left, the guess included
    is_stuck: Tensor  # (B,) bool, the board is given up


class Lattice(Reasoner):
    """``alive <- step(alive, look(alive))`` until every cell has one candidate, or the board is given up.

    One segment, in the terms of its paper::

        e = embedding(puzzle) + candidates(alive)     # (B, L, D): the question, and what is still possible
        for _ in range(K):
            z = f(z + e)                              # blocks of the family; z begins at 0
            keep, symbol, dead_end = heads(z)         # each of the K is trained, the last one decides
        alive = alive and sigmoid(keep) >= 0.1        # but not of a cell that the question gives
        stuck = sigmoid(dead_end) > 0.5 or some cell has no candidate
        if some cell has several: one of all their candidates, drawn by what symbol says, stays alone in its cell
    """

    guesses = True
    allowed: Tensor  # (V, V): token of the question, token of the answer -> 1 where a cell may have both

    def __init__(self, config: LatticeConfig, spec: TaskSpec) -> None:
        super().__init__()
        self.config, D, V = config, config.hidden_size, spec.vocab_size
        self.embedding: RoleEmbedding | InputEmbedding
        if config.equivariant:
            L, num_symbols = config.prefix + spec.seq_len, max(1, len(spec.interchangeable))
            # e (B, symbols, L, D), and so are the states
            self.embedding = RoleEmbedding(D, spec, config.puzzle_embedding_size, config.prefix)
            sizes = (num_symbols, L, round(config.expansion * L), D, round(config.expansion * D))
            blocks: list[nn.Module] = [SymbolBlock(*sizes) for _ in range(config.H_layers)]
            self.candidates: nn.Module = SymbolSet(D, spec)
            self.keep_head: nn.Module = SymbolHead(D, spec)
            self.lm_head: nn.Module = SymbolHead(D, spec)
        else:
            self.embedding = config.make_embedding(spec)  # e (B, L, D)
            blocks = list(config.make_blocks(self.embedding.num_positions, config.H_layers))
            self.candidates, self.keep_head, self.lm_head = Linear(V, D), Linear(D, V), Linear(D, V)
        self.H_level = Level(blocks, dropout=config.dropout)
        self.dead_end_head = nn.Linear(2 * D, 1)
        self.shape = (spec.seq_len, V)
        allowed = torch.ones(V, V)
        for token, answers in enumerate(spec.answers):
            allowed[token] = torch.isin(torch.arange(V), torch.tensor(answers))
        self.register_buffer("allowed", allowed, persistent=False)

    @property
    def is_random(self) -> bool:
        return True  # guesses

    @property
    def update_names(self) -> tuple[str, ...]:
        return ("H_level",) * self.config.H_cycles

    def initial_carry(self, batch_size: int, dtype: torch.dtype = torch.float32) -> Candidates:
        """Everything is possible. Guesses are drawn in training, and made by certainty alone in evaluation."""
        shape, device = (batch_size, *self.shape), self.allowed.device
        if self.training:
            luck = torch.randint(1, MODULUS, shape, device=device)
        else:
            luck = torch.zeros(shape, dtype=torch.int64, device=device)
        return Candidates(torch.ones(shape, dtype=dtype, device=device), luck)

    def drawn_start(self, carry: Candidates, rng: np.random.Generator) -> Candidates:
        """Luck for all guesses to come."""
        luck = rng.integers(1, MODULUS, tuple(carry.luck.shape))
        return carry._replace(luck=torch.from_numpy(luck).to(carry.luck.device))

    @torch.no_grad()
    def carry_at(self, carry: Candidates, answers: Batch) -> Candidates:
        """The one candidate of every cell is the token that ``answers`` has there."""
        alive = F.one_hot(answers.inputs, self.shape[1])
        return carry._replace(alive=alive.to(carry.alive.dtype))

    def forward(self, carry: Candidates, batch: Batch) -> tuple[Candidates, Prediction]:
        """One segment, in the precision of the carry."""
        possible = F.embedding(batch.inputs, self.allowed)  # (B, S, V)
        alive = carry.alive * possible.to(carry.alive.dtype)
        states = self.think(alive, batch)
        look = self.look(torch.stack(states if torch.is_grad_enabled() else states[-1:]))
        with torch.no_grad():
            luck = carry.luck * MULTIPLIER % MODULUS
            after, is_stuck = self.step(alive > 0, possible.sum(-1) == 1, look, luck)
            q_halt = certainty(after, look)
            evidence = Evidence(look, alive > 0, after, is_stuck)
        logits = masked(look.symbol[-1], after)
        prediction = Prediction(logits, q_halt, None, is_stuck, evidence)
        return Candidates(after.to(alive.dtype), luck), prediction

    def think(self, alive: Tensor, batch: Batch) -> list[Tensor]:
        """The states (B, L, D) after each of the K cycles."""
        e = self.embedding(batch).to(alive.dtype)
        e = e + F.pad(self.candidates(alive), (0, 0, self.embedding.prefix, 0))
        z, states = torch.zeros_like(e), []
        for _ in range(self.config.H_cycles):
            z = self.H_level(z, e)
            states.append(z)
        return states

    def look(self, states: Tensor) -> Look:
        """(K, B, L, D) -> what the heads say, in float32 at least."""
        cells = states[..., self.embedding.prefix :, :]
        vectors = cells.flatten(2, -2)  # (K, B, cells or symbols x cells, D)
        pooled = torch.cat((at_least_float32(vectors).mean(-2), at_least_float32(vectors.amax(-2))), dim=-1)
        dead_end = self.dead_end_head(pooled)
        keep, symbol = self.keep_head(cells), self.lm_head(cells)
        return Look(at_least_float32(keep), at_least_float32(symbol), dead_end.squeeze(-1))

    def read(self, state: Tensor) -> Tensor:
        """(B, L, D) -> logits (B, S, V)."""
        return self.lm_head(state[..., self.embedding.prefix :, :])

    def step(self, alive: Tensor, given: Tensor, look: Look, luck: Tensor) -> tuple[Tensor, Tensor]:
        """The candidates (B, S, V) that are left, and whether the board is given up (B,).

        given (B, S): cells that the question decides. A board that is solved stays as it is.
        """
        stuck = look.dead_end[-1].sigmoid() > self.config.stuck_above
        is_solved = (alive.sum(-1) == 1).all(-1) & ~stuck
        survives = (look.keep[-1].sigmoid() >= self.config.kill_below) | given[..., None] | is_solved[:, None, None]
        alive = alive & survives
        num = alive.sum(-1)  # (B, S)
        stuck = stuck | (num == 0).any(-1)
        temperature = self.config.temperature if self.training else self.config.solve_temperature
        return pinned(alive, num > 1, look.symbol[-1], luck, temperature), stuck

    def own_lesson(self, prediction: Prediction, batch: Batch) -> Lesson:
        """The losses of its paper: survival of every candidate, symbols, and dead ends. A board leaves when it is
        solved or given up, and rightly so."""
        look, before, after, is_stuck = prediction.evidence
        labels = batch.labels
        labelled = labels != IGNORE_LABEL  # (B, S)
        right = F.one_hot(labels.clamp(min=0), self.shape[1]).bool() & labelled[..., None]

        def is_dead_end(alive: Tensor) -> Tensor:
            return (labelled & ~(right & alive).any(-1)).any(-1)  # (B,)

        open_ = before & labelled[..., None]
        of_right, of_wrong = KEEP_WEIGHTS
        weight = torch.where(right, of_right, of_wrong).to(look.keep.dtype) * open_
        keep = F.binary_cross_entropy_with_logits(
            look.keep, right.to(look.keep.dtype).expand_as(look.keep), weight.expand_as(look.keep), reduction="none"
        )
        keep = keep.sum((-1, -2)) / open_.sum((-1, -2)).clamp(min=1)  # (K, B)
        undecided = labelled & (self.allowed[batch.inputs].sum(-1) > 1)
        is_dead = is_dead_end(before)
        of_right_symbol = (look.symbol.log_softmax(-1) * right).sum(-1)  # (K, B, S)
        symbol = -(of_right_symbol * undecided).sum(-1) / undecided.sum(-1).clamp(min=1) * ~is_dead
        dead_end = F.binary_cross_entropy_with_logits(
            look.dead_end, is_dead.to(look.dead_end.dtype).expand_as(look.dead_end), reduction="none"
        )
        total = (keep + SYMBOL_WEIGHT * symbol + DEAD_END_WEIGHT * dead_end).mean(0)
        with torch.no_grad():
            is_wrong = is_dead_end(after)
            is_done = ~is_stuck & (after.sum(-1) == 1).all(-1)
            may_leave = torch.where(is_stuck, is_wrong, is_done & ~is_wrong)
        return Lesson(total.sum(), symbol[-1].sum(), may_leave)


def masked(symbol: Tensor, alive: Tensor) -> Tensor:
    """Symbol logits (B, S, V) of which a dead candidate has none to speak of; as they are where all are dead."""
    return torch.where(alive | ~alive.any(-1, keepdim=True), symbol, symbol - 1e4)


def pinned(alive: Tensor, is_open: Tensor, logits: Tensor, luck: Tensor, temperature: float) -> Tensor:
    """``alive`` (B, S, V), in which one of the open cells (B, S) keeps a single candidate.

    With luck the candidate is drawn from those of all open cells, by the probability that it has in its cell to the
    power of 1 / temperature; without (0), it is the surest of all.
    """
    scores = masked(logits, alive).log_softmax(-1) / temperature + gumbel(luck, logits.dtype)  # (B, S, V)
    best = torch.where(alive & is_open[..., None], scores, -math.inf).flatten(1).argmax(-1)  # (B,)
    is_it = F.one_hot(best, scores[0].numel()).bool().view_as(alive) & is_open[..., None]
    return is_it | (alive & ~is_it.any(-1, keepdim=True))


def gumbel(luck: Tensor, dtype: torch.dtype) -> Tensor:
    """Numbers whose greatest, added to log probabilities, falls on each as often as that says; 0 without luck."""
    u = (luck.to(dtype) / MODULUS).clamp(1e-7, 1 - 1e-7)
    return torch.where(luck > 0, -torch.log(-torch.log(u)), torch.zeros_like(u))


SURELY_NOT = -50.0
"""Log probability of a board in which some cell has no candidate left."""


def certainty(alive: Tensor, look: Look) -> Tensor:
    """The logit (B,) of being right: no dead end, and the likeliest symbol in every cell that is still open."""
    best = masked(look.symbol[-1], alive).log_softmax(-1).amax(-1)  # (B, S)
    log_p = F.logsigmoid(-look.dead_end[-1]) + torch.where(alive.sum(-1) > 1, best, 0).sum(-1)
    log_p = torch.where((alive.sum(-1) == 0).any(-1), SURELY_NOT, log_p).clamp(max=-1e-6)
    return log_p - torch.log(-torch.expm1(log_p))
