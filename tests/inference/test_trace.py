from __future__ import annotations

from pathlib import Path

import torch

import hrm
from hrm.inference.trace import recorded_updates
from hrm.models.trm import TRMConfig
from hrm.tasks.sudoku import SudokuConfig
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.run import prepare
from hrm.types import Batch


def test_segments_and_updates(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny_run)
    folder.save(prepare(folder.config).state)
    solver = hrm.load(folder.path).solver(halt="fixed", max_segments=2)
    outer = list(solver.trace("1.34341221434321"))
    assert [(s.segment, s.update, s.halted) for s in outer] == [(1, "", False), (2, "", True)]
    inner = list(solver.trace("1.34341221434321", inner=True))
    # N = T = 2: L twice, then H, twice over
    assert [s.update for s in inner] == [*(["L_level"] * 2 + ["H_level"]) * 2, ""] * 2
    ends = [s for s in inner if not s.update]
    for seen, expected in zip(ends, outer, strict=True):
        assert (seen.answer == expected.answer).all()
        assert seen.certainty == expected.certainty
        assert seen.num_changed == 0  # the last update of H is what the answer is read from
    assert all(step.board.count("\n") == 6 for step in inner)
    assert "segment 1, L_level: " in inner[0]._repr_html_()
    assert "certainty" not in inner[0]._repr_html_(), "only the end of a segment has one"
    shown = outer[1]._repr_html_()
    assert shown.count("┌─────┬─────┐") == 1
    assert "segment 2: " in shown
    assert "certainty" in shown
    assert "the state moved by" in shown
    assert outer[0]._replace(num_changed=1).caption == "segment 1: 1 cell changed"


def test_updates_are_named_by_their_state_where_one_network_renews_both() -> None:
    model = TRMConfig(hidden_size=16, num_heads=2, H_cycles=2, L_cycles=1, puzzle_embedding_size=0)
    task = SudokuConfig(size=4).build()
    reasoner = model.build(task.spec)
    example = task.text.parse("1.34341221434321")
    batch = Batch(torch.from_numpy(example.inputs)[None], torch.from_numpy(example.inputs)[None], torch.zeros(1).long())
    with recorded_updates(reasoner) as updates, torch.inference_mode():
        carry, _ = reasoner(reasoner.initial_carry(1), batch)
        reasoner(carry, batch)
    assert [name for name, _ in updates] == ["L_level", "H_level"] * 4
    assert torch.equal(updates[3][1], carry.z_H)
