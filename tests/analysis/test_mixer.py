"""A mixer whose weights are the graph of the rules is seen as one; random weights are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from known import subject, toy

from hrm.analysis.mixer import attention_matrix, contrast, look_at_mixing, mixer_matrix
from hrm.errors import InputError
from hrm.models.trm import TRMConfig
from hrm.nn.attention import Attention
from hrm.nn.mixer import Mixer
from hrm.puzzles.maze.rules import MazeRules
from hrm.puzzles.sudoku.problems import SudokuRules
from hrm.puzzles.sudoku.rules import Layout

SUDOKU = SudokuRules(Layout(size=4)).related(16)


def ruled(mixer: Mixer) -> None:
    """Weights whose product is the graph."""
    with torch.no_grad():
        mixer.swiglu.gate_up_proj.weight.zero_()[-16:] = torch.eye(16)
        mixer.swiglu.down_proj.weight.zero_()[:, -16:] = torch.tensor(SUDOKU).float() + 0.01


def test_the_graph_of_the_rules() -> None:
    assert (SUDOKU.sum(1) == 3 + 2 + 2).all()
    assert (SUDOKU == SUDOKU.T).all()
    assert not SUDOKU.diagonal().any()
    assert SUDOKU[0, [1, 2, 3, 4, 8, 12, 5]].all()
    maze = MazeRules().related(9)
    assert np.flatnonzero(maze[4]).tolist() == [1, 3, 5, 7]
    assert np.flatnonzero(maze[2]).tolist() == [1, 5], "no step leads over the edge"


def test_a_mixer_that_is_the_graph_is_found() -> None:
    torch.manual_seed(0)
    about = subject(toy())
    config = TRMConfig(hidden_size=16, puzzle_embedding_size=0, mixing="mlp", positions="none", L_layers=2)
    model = config.build(about.task.spec).eval()
    ruled(model.L_level.blocks[0].mixer)
    np.testing.assert_allclose(mixer_matrix(model.L_level.blocks[0].mixer), SUDOKU + 0.01, atol=1e-6)
    fresh = config.build(about.task.spec).eval()
    found = look_at_mixing(replace(about, model=model, fresh=fresh))
    one, other = found.figures["modules"]
    assert one["contrast"] == pytest.approx(101, rel=1e-4)
    assert one["contrast"] > one["by_chance_95"][1]
    assert other["by_chance_95"][0] < other["contrast"] < other["by_chance_95"][1]
    assert found.sentence.startswith("1 of 2 modules mix cells of one rule more than others")
    assert contrast(np.ones((16, 16)), SUDOKU) == 1.0


def test_attention_weights_are_those_that_it_uses() -> None:
    torch.manual_seed(0)
    attention, x = Attention(16, 2, None).requires_grad_(False), torch.randn(3, 16, 16)
    weights = attention_matrix(attention, x)
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-5)
    alike = x[:, :1].expand(3, 16, 16).contiguous()
    np.testing.assert_allclose(attention_matrix(attention, alike), 1 / 16, rtol=1e-5)
    one, attention.num_heads = torch.eye(16)[None], 1  # values name their position, and the output lets them through
    attention.qkv_proj.weight[32:] = torch.eye(16)
    attention.o_proj.weight.copy_(torch.eye(16))
    used = attention(one)[0].numpy()
    np.testing.assert_allclose(attention_matrix(attention, one), used, atol=1e-6)


def test_what_has_no_rules_or_no_mixing_is_refused() -> None:
    about = subject(toy())
    with pytest.raises(InputError, match="neither mixers nor attention"):
        look_at_mixing(about)
