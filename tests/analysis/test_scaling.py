from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import tiny_config
from ranks import in_ranks

from hrm.analysis.scaling import (
    RESULT,
    RUN,
    Setting,
    Work,
    bench_scaling,
    doublings,
    launch,
    main,
    measure,
    settings,
)
from hrm.errors import InputError
from hrm.world import EMBEDDINGS, GRADIENTS, REST, World


def test_ranks_double_up_to_the_devices() -> None:
    assert [doublings(most) for most in (1, 2, 6, 8)] == [(1,), (1, 2), (1, 2, 4, 6), (1, 2, 4, 8)]


def test_one_rank_is_measured_with_the_threads_of_the_others_and_with_all() -> None:
    assert settings((1, 2), None, 2) == [Setting(1, 2), Setting(1, 1), Setting(2, 1)]
    assert settings((4,), None, 16) == [Setting(1, 16), Setting(1, 4), Setting(4, 4)]
    assert settings((1, 8), 2, 2) == [Setting(1, 2), Setting(8, 2)], "as many as told"
    assert settings((1,), None, 1) == [Setting(1, 1)]


def work(steps: int = 2) -> Work:
    config = tiny_config()
    return Work(replace(config, training=replace(config.training, continue_share=0.0)), 50, steps)


def test_lines_are_medians_over_all_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    took = {Setting(1, 4): 0.4, Setting(1, 2): 0.6, Setting(2, 2): 0.5}

    def launched(work: Work, line: Setting) -> dict[str, Any]:
        asked.append(line)
        seconds = [took[line], took[line], 100.0 if len(asked) <= 3 else 0.0]
        return {"seconds": seconds, "sent": {GRADIENTS: 7.0}, "runtime": "here"}

    monkeypatch.setattr("hrm.analysis.scaling.launch", launched)
    lines = settings((1, 2), 2, 4)
    whole, one, two = bench_scaling(work(), lines, cores=4, rounds=2)
    assert asked == lines * 2, "in turn"
    assert (whole.times_as_fast, one.times_as_fast, two.times_as_fast) == pytest.approx((1, 0.4 / 0.6, 0.8))
    assert (one.efficiency, two.efficiency) == pytest.approx((1, 0.6 / 0.5 / 2))
    assert two.samples_per_s == pytest.approx(8 / 0.5)
    assert two.sent == {GRADIENTS: 7.0}
    with pytest.raises(InputError, match="the batch is 8: 3 ranks cannot have equally many"):
        bench_scaling(work(), [Setting(3, 1)], cores=4, rounds=1)


def in_rank(world: World, folder: Path) -> dict[str, Any]:
    return measure(work(), world)


def test_what_ranks_send_is_counted_by_what_it_is(tmp_path: Path) -> None:
    alone = measure(work())
    assert len(alone["seconds"]) == 2
    assert set(alone["sent"].values()) == {0.0}
    model = tiny_config().model.build(tiny_config().task.build().spec)
    numbers = sum(p.numel() for name, p in model.named_parameters() if ".puzzles." not in name)
    for found in in_ranks(2, in_rank, tmp_path):
        sent = found["sent"]
        assert 0.8 * 4 * numbers < sent[GRADIENTS] <= 4 * numbers, "q_continue has no gradient here"
        assert 0 < sent[EMBEDDINGS] <= 4 * (8 + 8 * 4), "a row and its id, at most one a slot"
        assert sent[REST] == 4, "whether to stop"


def test_the_first_rank_leaves_what_it_finds_or_why_it_cannot(tmp_path: Path) -> None:
    asked = {"config": work().config.to_dict(), "num_puzzles": None, "steps": 1}
    (tmp_path / RUN).write_text(json.dumps(asked))
    assert main(str(tmp_path)) == 0
    assert len(json.loads((tmp_path / RESULT).read_text())["seconds"]) == 1
    asked["config"]["runtime"]["device"] = "cuda:77"
    (tmp_path / RUN).write_text(json.dumps(asked))
    assert main(str(tmp_path)) == 2
    assert "device 'cuda:77' cannot be used here" in json.loads((tmp_path / RESULT).read_text())["error"]


@pytest.mark.slow
def test_torchrun_starts_the_ranks(tmp_path: Path) -> None:
    found = launch(work(), Setting(2, 1))
    assert len(found["seconds"]) == 2
    assert found["sent"][GRADIENTS] > 0
    assert "1 threads" in found["runtime"]
    config = work().config
    nowhere = replace(work(), config=replace(config, runtime=replace(config.runtime, device="cuda")))
    with pytest.raises(InputError, match=r"a start with 2 ranks fails: .*(device|CUDA)"):
        launch(nowhere, Setting(2, 1))
