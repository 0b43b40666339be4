"""Candidates die for good, givens never do, a guess is one candidate of one open cell, and a board is given up where
it should be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hrm.errors import InputError
from hrm.models.lattice import MODULUS, Candidates, Evidence, Lattice, LatticeConfig, Look, certainty, pinned
from hrm.tasks.sudoku import SudokuConfig
from hrm.types import IGNORE_LABEL, Batch, Prediction

TASK = SudokuConfig(size=4, num_train=20, num_test=4).build()
SPEC = TASK.spec
BATCH = TASK.train_batch(0, 8, 0)
MIXER = LatticeConfig(hidden_size=16, H_layers=1, H_cycles=3, expansion=1.0, mixing="mlp", positions="none")
EQUIVARIANT = replace(MIXER, equivariant=True)
CONFIGS = pytest.mark.parametrize("config", [MIXER, EQUIVARIANT], ids=["mixer", "equivariant"])


def built(config: LatticeConfig, seed: int = 0) -> Lattice:
    torch.manual_seed(seed)
    return config.build(SPEC)


def luck(model: Lattice, rows: int, seed: int = 0) -> Candidates:
    carry = model.eval().initial_carry(rows)
    return model.drawn_start(carry, np.random.default_rng(seed))


@CONFIGS
def test_candidates_die_for_good_and_givens_never(config: LatticeConfig) -> None:
    model = built(replace(config, kill_below=0.6, stuck_above=0.999))  # an untrained model keeps with 0.5: many die
    carry = luck(model, 8)
    given = BATCH.inputs > 1
    before = torch.ones_like(carry.alive)
    for _ in range(10):
        carry, _ = model(carry, BATCH)
        assert not (carry.alive > before).any(), "none comes back"
        before = carry.alive
        assert (carry.alive.sum(-1)[given] == 1).all()
        assert (carry.alive.argmax(-1)[given] == BATCH.inputs[given]).all()
    assert (carry.alive.sum((1, 2)) < 50).all()


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_dropout_that_is_no_share_is_an_input_error(share: float) -> None:
    with pytest.raises(InputError, match=r"model.dropout is .*from 0 to below 1"):
        replace(MIXER, dropout=share)


def test_dropout_changes_training_and_not_evaluation() -> None:
    plain, dropping = built(MIXER), built(replace(MIXER, dropout=0.5))
    answers = [model(luck(model, 8), BATCH)[1].logits for model in (plain, dropping)]
    assert torch.equal(*answers)
    for model in (plain, dropping):
        model.train()
    torch.manual_seed(0)
    drawn = [dropping(dropping.initial_carry(8), BATCH)[1].evidence.look.keep for _ in range(2)]
    assert not torch.equal(*drawn)


@CONFIGS
def test_one_open_cell_is_pinned_in_every_segment_until_none_is(config: LatticeConfig) -> None:
    model = built(replace(config, kill_below=1e-6, stuck_above=0.999))  # nothing dies but by the guess
    carry = luck(model, 8)
    num_open = (BATCH.inputs == 1).sum(-1)
    for segment in range(1, 17):
        carry, prediction = model(carry, BATCH)
        single = ((carry.alive.sum(-1) == 1) & (BATCH.inputs == 1)).sum(-1)
        assert (single == num_open.clamp(max=segment)).all()
        assert not prediction.is_stuck.any()
    assert (prediction.logits.argmax(-1) == carry.alive.argmax(-1)).all(), "a solved board is its own answer"


def test_a_guess_is_drawn_from_all_open_cells_by_probability_and_temperature() -> None:
    N = 20_000
    rng = np.random.default_rng(0)
    alive = torch.tensor([[True, True, False], [True, False, False], [True, True, True]])
    logits = torch.tensor([[0.0, 1.0, 9.0], [0.0, 5.0, 0.0], [0.0, 0.0, 2.0]])
    is_open = alive.sum(-1) > 1
    luck = torch.from_numpy(rng.integers(1, MODULUS, (N, 3, 3)))
    after = pinned(alive.expand(N, 3, 3), is_open.expand(N, 3), logits.expand(N, 3, 3), luck, 0.7)
    assert (after[:, 1] == alive[1]).all(), "a decided cell is not touched"
    first, last = (after[:, cell].sum(-1) == 1 for cell in (0, 2))
    assert (first ^ last).all(), "one of the two that are open"
    p = torch.where(alive, logits, -torch.inf).softmax(-1) * is_open[:, None]
    expected = p ** (1 / 0.7) / (p ** (1 / 0.7)).sum()
    shares = torch.stack(
        [(after[:, cell] & chosen[:, None]).float().mean(0) for cell, chosen in ((0, first), (2, last))]
    )
    torch.testing.assert_close(shares, expected[[0, 2]], atol=0.02, rtol=0)


def test_without_luck_the_surest_candidate_is_pinned() -> None:
    alive = torch.ones(1, 2, 3, dtype=torch.bool)
    logits = torch.tensor([[[0.0, 1.0, 0.0], [0.0, 0.0, 4.0]]])
    after = pinned(alive, alive.sum(-1) > 1, logits, torch.zeros(1, 2, 3, dtype=torch.int64), 1.0)
    assert after.tolist() == [[[True, True, True], [False, False, True]]]


@CONFIGS
def test_a_row_has_its_own_luck_and_does_not_see_the_others(config: LatticeConfig) -> None:
    model = built(config)
    carry = luck(model, 8)
    together, alone = carry, Candidates(*(part[3:4] for part in carry))
    for _ in range(4):
        together, _ = model(together, BATCH)
        alone, _ = model(alone, Batch(*(part[3:4] for part in BATCH)))
    assert torch.equal(together.alive[3:4], alone.alive)
    assert torch.equal(together.luck[3:4], alone.luck)
    other = luck(model, 8, seed=1)
    for _ in range(4):
        other, _ = model(other, BATCH)
    assert not torch.equal(other.alive, together.alive)


def looking(alive: torch.Tensor, **logits: torch.Tensor) -> Look:
    """What the heads say, zero where nothing else is given: (1, B, ...)."""
    shape = alive.shape
    usual = {"keep": torch.zeros(shape), "symbol": torch.zeros(shape), "dead_end": torch.full(shape[:1], -3.0)}
    return Look(**{name: value[None] for name, value in (usual | logits).items()})


def test_a_board_is_stuck_when_a_cell_has_no_candidate_or_the_head_says_so() -> None:
    model = built(MIXER)
    alive = torch.ones(3, 16, 6, dtype=torch.bool)
    keep = torch.zeros(3, 16, 6)
    keep[1, 5] = -9.0  # all candidates of a cell die
    look = looking(alive, keep=keep, dead_end=torch.tensor([-1.0, -1.0, 1.0]))
    _, is_stuck = model.step(alive, torch.zeros(3, 16, dtype=torch.bool), look, torch.zeros(3, 16, 6).long())
    assert is_stuck.tolist() == [False, True, True]


def test_a_solved_board_stays_as_it_is() -> None:
    model = built(MIXER)
    alive = torch.nn.functional.one_hot(torch.full((1, 16), 3), 6).bool()
    look = looking(alive, keep=torch.full((1, 16, 6), -9.0))
    after, is_stuck = model.step(alive, torch.zeros(1, 16, dtype=torch.bool), look, torch.zeros(1, 16, 6).long())
    assert torch.equal(after, alive)
    assert not is_stuck.any()


def evidence_of(alive: torch.Tensor, is_stuck: bool, look: Look | None = None) -> Prediction:
    said = Evidence(look or looking(alive), alive, alive, torch.tensor([is_stuck]))
    return Prediction(torch.zeros(1), torch.zeros(1), None, said.is_stuck, said)


@pytest.mark.parametrize(
    ("board", "is_stuck", "leaves"),
    [
        ("solved", False, True),
        ("solved", True, False),  # a false alarm is learned from
        ("wrong", False, False),  # so is a dead end that was missed
        ("wrong", True, True),
        ("open", False, False),
        ("open", True, False),
    ],
)
def test_a_board_leaves_when_what_the_model_says_of_it_is_true(board: str, is_stuck: bool, leaves: bool) -> None:
    model, batch = built(MIXER), Batch(*(part[:1] for part in BATCH))
    alive = torch.nn.functional.one_hot(batch.labels, 6).bool()
    if board == "wrong":
        alive = alive.roll(1, dims=1)
    if board == "open":
        alive = alive.clone()
        alive[0, 0] = True
    assert model.own_lesson(evidence_of(alive, is_stuck), batch).may_leave.tolist() == [leaves]


def test_the_loss_is_the_weighted_sum_of_its_paper() -> None:
    model = built(MIXER)
    batch = Batch(*(part[:1] for part in BATCH))
    alive = (torch.rand(1, 16, 6, generator=torch.Generator().manual_seed(1)) < 0.8) | torch.nn.functional.one_hot(
        batch.labels, 6
    ).bool()
    normal = torch.Generator().manual_seed(2)
    look = Look(*(torch.randn(2, *shape, generator=normal) for shape in ((1, 16, 6), (1, 16, 6), (1,))))
    found = model.own_lesson(evidence_of(alive, False, look), batch)
    losses = []
    for cycle in range(2):
        keep, symbol, num, num_open = 0.0, 0.0, 0, 0
        for cell in range(16):
            right = int(batch.labels[0, cell])
            for token in range(6):
                if alive[0, cell, token]:
                    p = float(look.keep[cycle, 0, cell, token].sigmoid())
                    keep -= 4.0 * np.log(p) if token == right else 0.5 * np.log(1 - p)
                    num += 1
            if int(batch.inputs[0, cell]) == 1:
                symbol -= float(look.symbol[cycle, 0, cell].log_softmax(-1)[right])
                num_open += 1
        dead = -float(torch.nn.functional.logsigmoid(-look.dead_end[cycle, 0]))
        losses.append(keep / num + 0.2 * symbol / num_open + 0.1 * dead)
    assert float(found.total) == pytest.approx(sum(losses) / 2, rel=1e-5)
    assert float(found.token) == pytest.approx(symbol / num_open, rel=1e-5)


def test_a_dead_end_teaches_no_symbols_and_cells_without_a_label_nothing() -> None:
    model, batch = built(MIXER), Batch(*(part[:1] for part in BATCH))
    labels = batch.labels.clone()
    labels[0, 3:] = IGNORE_LABEL
    alive = torch.ones(1, 16, 6, dtype=torch.bool)
    alive[0, 9] = False  # no label there: no dead end
    look = looking(alive, keep=torch.randn(1, 16, 6), symbol=torch.randn(1, 16, 6))
    batch = batch._replace(labels=labels)
    some = model.own_lesson(evidence_of(alive, False, look), batch)
    look.keep[0, 0, 3:] = 7.0
    look.symbol[0, 0, 3:] = torch.randn(13, 6)
    assert torch.equal(some.total, model.own_lesson(evidence_of(alive, False, look), batch).total)
    alive[0, 0, labels[0, 0]] = False
    dead = model.own_lesson(evidence_of(alive, False, looking(alive)), batch)
    assert float(dead.token) == 0.0


def test_certainty_is_that_of_the_likeliest_answer() -> None:
    alive = torch.zeros(2, 2, 3, dtype=torch.bool)
    alive[:, 0, 0] = True
    alive[0, 1, 1] = alive[1, 1, 1] = alive[1, 1, 2] = True
    p = certainty(alive, looking(alive, dead_end=torch.full((2,), -2.0))).sigmoid()
    alive_end = 1 - torch.tensor(-2.0).sigmoid()
    torch.testing.assert_close(p, torch.stack((alive_end, alive_end / 2)), rtol=1e-3, atol=1e-3)


def test_relabelled_puzzles_get_relabelled_candidates() -> None:
    model = built(EQUIVARIANT).double().eval()
    relabel = torch.tensor([0, 1, 4, 2, 5, 3])
    other = Batch(relabel[BATCH.inputs], relabel[BATCH.labels], BATCH.puzzle_ids)
    here, there = (model.initial_carry(8, torch.float64) for _ in range(2))
    for _ in range(3):
        here, said = model(here, BATCH)
        there, says = model(there, other)
        torch.testing.assert_close(says.logits[..., relabel], said.logits)
        assert torch.equal(there.alive[..., relabel], here.alive)


@pytest.mark.parametrize(
    "setting", [{"kill_below": 0.0}, {"stuck_above": 1.0}, {"temperature": 0.0}, {"H_cycles": 0}, {"H_layers": 0}]
)
def test_settings_that_cannot_be_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(setting))):
        replace(MIXER, **setting)


def test_a_board_with_an_empty_cell_is_surely_not_right() -> None:
    alive = torch.nn.functional.one_hot(torch.full((2, 16), 3), 6).bool()
    alive[1, 4] = False
    p = certainty(alive, looking(alive, dead_end=torch.full((2,), -6.0))).sigmoid()
    assert float(p[0]) > 0.99
    assert float(p[1]) < 1e-6


def test_a_prefix_needs_an_embedding() -> None:
    model = built(replace(EQUIVARIANT, puzzle_embedding_len=2))
    _, prediction = model(model.initial_carry(8), BATCH)
    assert prediction.logits.shape == (8, 16, 6)
