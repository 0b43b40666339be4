from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hrm.evaluation.table import Table, concatenate, evaluate, not_counted, summarize
from hrm.runtime import Runtime
from hrm.training.config import RunConfig

CPU = Runtime(torch.device("cpu"), torch.float32, False)


def made_up() -> Table:
    exact = np.array([[0, 1, 1, 1], [0, 0, 0, 1], [1, 1, 1, 0]], dtype=bool)
    wants = np.array([[0, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0]], dtype=bool)
    return Table(
        exact=exact,
        solved=exact,
        cells=exact * 0.5 + 0.5,
        certainty=wants * 1.0,
        wants_to_halt=wants,
        answers=np.zeros((3, 16), dtype=np.uint8),
        has_answer=np.ones(3, dtype=bool),
        has_verdict=np.ones(3, dtype=bool),
    )


def test_figures_are_read_off_the_rows() -> None:
    figures = summarize(made_up())
    assert [(row["segments"], row["exact"]) for row in figures["segments"]] == [
        (1, pytest.approx(1 / 3)),
        (2, pytest.approx(2 / 3)),
        (4, pytest.approx(2 / 3)),
    ]
    assert figures["solved"] == pytest.approx(2 / 3)
    assert figures["halting"]["mean_segments"] == pytest.approx((2 + 4 + 1) / 3)
    assert figures["halting"]["exact"] == 1.0  # each leaves when it is right
    assert figures["certain"] == figures["halting"] | {"q_threshold": 0.95}  # its certainty is 0 or 1
    low, high = figures["solved_95"]
    assert low < 2 / 3 < high


def test_being_certain_takes_longer_than_wanting_to_halt() -> None:
    certainty = np.array([[0.6, 0.94, 0.95, 0.2], [0.99, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.1]])
    table = replace(made_up(), certainty=certainty, wants_to_halt=certainty > 0.5)
    assert table.halts_at.tolist() == [1, 1, 4]
    assert table.certain_at.tolist() == [3, 1, 4]
    assert summarize(table)["certain"]["mean_segments"] == pytest.approx(8 / 3)


def test_evaluating_twice_gives_the_same_table_whatever_the_batches(tiny_run: RunConfig) -> None:
    task = tiny_run.task.build()
    torch.manual_seed(0)
    model = tiny_run.model.build(task.spec).eval()

    def table(batch_size: int, limit: int | None = None) -> Table:
        return concatenate(list(evaluate(model, task, CPU, max_segments=3, batch_size=batch_size, limit=limit)))

    once, twice, other = table(12), table(12), table(5)
    for name in Table.__dataclass_fields__:
        assert np.array_equal(getattr(once, name), getattr(twice, name))
        np.testing.assert_allclose(getattr(once, name), getattr(other, name), rtol=1e-4)
    assert once.exact.shape == (12, 3)
    assert table(5, limit=7).exact.shape == (7, 3)
    assert np.array_equal(table(5, limit=7).cells, other.cells[:7])


def test_a_model_that_trains_is_evaluated_without_noise_and_trains_on(tiny_run: RunConfig) -> None:
    task = tiny_run.task.build()
    torch.manual_seed(0)
    model = replace(tiny_run.model, noise=1.0, random_start=True).build(task.spec).train()

    def tables() -> list[Table]:
        return list(evaluate(model, task, CPU, max_segments=2, batch_size=5))

    once = concatenate(tables())
    assert all(module.training for module in model.modules())
    twice = concatenate(tables())
    model.eval()
    resting = concatenate(tables())
    assert not any(module.training for module in model.modules())
    for name in Table.__dataclass_fields__:
        assert np.array_equal(getattr(once, name), getattr(twice, name))
        assert np.array_equal(getattr(once, name), getattr(resting, name))


def test_agrees_with_a_hand_count(tiny_run: RunConfig) -> None:
    task = tiny_run.task.build()
    model = tiny_run.model.build(task.spec).eval()
    (got,) = evaluate(model, task, CPU, max_segments=2, batch_size=12)
    (batch,) = task.eval_batches(12)
    carry = model.initial_carry(12)
    for segment in range(2):
        carry, prediction = model(carry, batch)
        right = prediction.logits.argmax(-1) == batch.labels
        assert got.cells[:, segment].tolist() == pytest.approx(right.double().mean(-1).tolist())
        assert got.exact[:, segment].tolist() == right.all(-1).tolist()
        assert got.certainty[:, segment].tolist() == pytest.approx(prediction.q_halt.sigmoid().tolist())


def test_puzzles_without_an_answer_are_not_counted_as_wrong() -> None:
    known = np.array([True, False, True])
    table = replace(made_up(), has_answer=known, has_verdict=known)
    figures = summarize(table)
    assert (figures["puzzles"], figures["with_answer"]) == (3, 2)
    assert figures["solved"] == figures["exact"] == 0.5, "of the first and the last"
    assert sum(row["puzzles"] for row in figures["calibration"]["bins"]) == 2
    assert not_counted(figures) == "1 of 3 puzzles have no known answer and are not counted"
    by_rules = summarize(replace(made_up(), has_answer=known))
    assert (by_rules["solved"], by_rules["exact"]) == (pytest.approx(2 / 3), 0.5)
    assert not_counted(by_rules) == "1 of 3 puzzles have no known answer and count by the rules alone"
    assert not_counted(summarize(made_up())) is None


def test_nothing_is_claimed_where_no_answer_is_known() -> None:
    nobody = np.zeros(3, dtype=bool)
    figures = summarize(replace(made_up(), has_answer=nobody, has_verdict=nobody))
    for row in (figures, *figures["segments"], figures["halting"], figures["certain"]):
        assert [row[key] for key in ("solved", "solved_95", "exact", "exact_95", "cells")] == [None] * 5
    assert figures["calibration"] is None
    assert figures["halting"]["mean_segments"] > 0
    assert not_counted(figures) == "none of the 3 puzzles has a known answer: what is solved was not measured"
