from __future__ import annotations

import pytest
import torch

from hrm.segments.losses import Q_LOSS_WEIGHT, log_stablemax, segment_loss, token_loss
from hrm.types import IGNORE_LABEL, Prediction


def test_stablemax_is_its_formula() -> None:
    x = 20 * torch.randn(50, 7, dtype=torch.float64)
    s = torch.where(x >= 0, x + 1, 1 / (1 - x))
    torch.testing.assert_close(log_stablemax(x).exp(), s / s.sum(-1, keepdim=True))


def test_stablemax_has_gradients_everywhere() -> None:
    x = torch.tensor([[0.0, 1e4, -1e4, 3.0]], requires_grad=True)
    log_stablemax(x)[0, 0].backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("kind", ["stablemax", "softmax"])
def test_a_puzzle_counts_by_the_mean_of_its_labelled_cells(kind: str) -> None:
    logits, labels = torch.randn(2, 5, 4), torch.randint(0, 4, (2, 5))
    labels[1, 2:] = IGNORE_LABEL
    log_p = log_stablemax(logits) if kind == "stablemax" else logits.log_softmax(-1)
    expected = [
        -sum(log_p[row, cell, labels[row, cell]] for cell in range(cells)) / cells for row, cells in ((0, 5), (1, 2))
    ]
    torch.testing.assert_close(token_loss(logits, labels, kind).float(), torch.stack(expected))


def test_a_puzzle_without_labels_costs_nothing() -> None:
    assert token_loss(torch.randn(1, 5, 4), torch.full((1, 5), IGNORE_LABEL), "softmax").item() == 0


def test_q_terms_are_weighed_and_left_out_where_there_is_no_continue_value() -> None:
    logits, labels = torch.randn(3, 5, 4), torch.randint(0, 4, (3, 5))
    exact, q = torch.tensor([True, False, True]), torch.randn(3)
    both = segment_loss(Prediction(logits, q, q), labels, exact, torch.full((3,), 0.3), "softmax")
    torch.testing.assert_close(both.total, both.token + Q_LOSS_WEIGHT * (both.q_halt + both.q_continue))
    only_halt = segment_loss(Prediction(logits, q, None), labels, exact, None, "softmax")
    torch.testing.assert_close(only_halt.total, both.token + Q_LOSS_WEIGHT * both.q_halt)


def test_a_sample_of_continue_values_stands_for_the_batch() -> None:
    logits, labels, exact = torch.randn(4, 5, 4), torch.randint(0, 4, (4, 5)), torch.zeros(4, dtype=torch.bool)
    q, target = torch.full((4,), 0.7), torch.full((4,), 0.3)
    everyone = segment_loss(Prediction(logits, q, q), labels, exact, target, "softmax")
    sample = segment_loss(Prediction(logits, q, q), labels, exact, target[:2], "softmax", torch.arange(2))
    torch.testing.assert_close(sample.q_continue, everyone.q_continue)
