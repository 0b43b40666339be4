"""Six made runs, and what is to be said of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hrm.evaluation.baselines import Baseline, held_out
from hrm.evaluation.table import Table
from hrm.evaluation.verdict import Evidence, VerdictKind, gather, judge
from hrm.tasks.sudoku import SudokuConfig

N = 200
rng = np.random.default_rng(0)


def about(mean: float, num: int = N) -> np.ndarray:
    """Shares of cells around a mean."""
    return np.clip(mean + 0.05 * rng.standard_normal(num), 0, 1)


def evidence(solved: float, cells: float, trivial: float = 0.5, **more: Any) -> Evidence:
    num = more.pop("num", N)
    baseline = Baseline("copying the input", about(trivial, num), np.zeros(num, dtype=bool))
    right = np.arange(num) < solved * num
    return Evidence(solved=right, cells=about(cells, num), copied=more.pop("copied", 0.3), trivial=[baseline], **more)


def reports(*exact: float, cells: float = 0.9) -> list[dict[str, Any]]:
    return [{"exact_accuracy": e, "cell_accuracy": cells} for e in exact]


@pytest.mark.parametrize(
    ("run", "kind", "reason"),
    [
        (evidence(0.0, 0.5, num_train=1000), "nothing learned", "copying the input gives"),
        (evidence(0.0, 0.929, 0.929, copied=0.998, num_train=1000), "copies", "99.8 % of the answers' cells"),
        (
            evidence(0.1, 0.7, num_train=100, reports=reports(*[0.2] * 4, *[0.99] * 4)),
            "memorised",
            "99.0 % of training",
        ),
        (
            evidence(0.4, 0.8, num_train=1000, reports=reports(*np.linspace(0, 0.5, 40))),
            "still improving",
            "points more",
        ),
        (evidence(0.99, 0.999, num_train=1000, reports=reports(*[0.98] * 8)), "good", "99.0 % [96.4, 99.7] of 200"),
        (evidence(1.0, 1.0, num=5, num_train=12), "too few", "12 puzzles to train on, 5 held out"),
        (evidence(0.4, 0.8, num_train=1000, reports=reports(*[0.45] * 20)), "in part", "40.0 % [33.5, 46.9] of 200"),
    ],
)
def test_made_runs(run: Evidence, kind: VerdictKind, reason: str) -> None:
    verdict = judge(run)
    assert verdict.kind == kind
    assert reason in str(verdict)


def test_a_coin_that_looks_like_progress_is_nothing() -> None:
    """Half of the cells right where a coin has half of them right, whatever the loss did."""
    run = evidence(0.0, 0.494, 0.5, num_train=1000, reports=reports(*[0.0] * 40, cells=0.5))
    assert judge(run).kind == "nothing learned"


def test_a_puzzle_whose_answer_is_mostly_its_input_is_judged_by_what_changes() -> None:
    assert judge(evidence(0.99, 0.999, 0.92, copied=0.93, num_train=1000)).kind == "good"
    assert judge(evidence(0.0, 0.93, 0.929, copied=0.95, num_train=1000)).kind == "nothing learned"


def test_without_its_run_a_model_is_judged_by_its_answers() -> None:
    assert judge(evidence(0.99, 0.999)).kind == "good"
    assert judge(evidence(0.5, 0.8)).kind == "in part"
    assert judge(evidence(0.5, 0.8, num=19)).kind == "too few"


def test_evidence_is_read_off_a_table_and_the_data() -> None:
    task = SudokuConfig(size=4, num_train=30, num_test=25).build()
    inputs, labels = held_out(task, None)
    right, half = np.ones((25, 1), dtype=bool), np.full((25, 1), 0.5)
    made = Table(
        exact=right,
        solved=right,
        cells=half + 0.5,
        certainty=half,
        wants_to_halt=right,
        answers=labels,
        has_answer=right[:, 0],
        has_verdict=right[:, 0],
    )
    found = gather(task, made, [{"num_train": 12}])
    assert found.num_train == 12
    found = gather(task, made, [{}])
    assert found.num_train is None
    assert "train_examples" not in vars(task), "training puzzles are not generated for a verdict"
    assert found.copied == pytest.approx((inputs == labels).mean())
    assert judge(found).kind == "in part", "25 of 25 are no nine tenths beyond doubt"
    copies = replace(made, exact=~right, solved=~right, cells=(inputs == labels).mean(1, keepdims=True), answers=inputs)
    assert judge(gather(task, copies)).kind == "copies"
