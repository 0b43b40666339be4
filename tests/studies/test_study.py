from __future__ import annotations

from hrm.studies.study import Study, both, model, task, training
from hrm.training.config import RunConfig


def test_axes_are_combined_and_seeds_go_round_last(tiny_run: RunConfig) -> None:
    study = Study(
        question="?",
        recipe=tiny_run,
        axes={
            "segments": {"M 1": training(max_segments=1), "M 2": training(max_segments=2)},
            "N": {"N 1": model(H_cycles=1), "N 3": both(model(H_cycles=3), task(num_train=5))},
        },
        seeds=(4, 5),
    )
    points = {point.label: point for point in study.points()}
    assert list(points) == ["M 1, N 1", "M 1, N 3", "M 2, N 1", "M 2, N 3"]
    last = points["M 2, N 3"]
    assert (last.config.training.max_segments, last.config.model.H_cycles, last.config.task.num_train) == (2, 3, 5)
    assert last.folder == "M-2-N-3"
    runs = [(point.label, seed, config.seed) for point, seed, config in study.runs()]
    assert runs[:2] == [("M 1, N 1", 4, 4), ("M 1, N 3", 4, 4)]
    assert runs[-1] == ("M 2, N 3", 5, 5)
    assert len(list(study.runs((9,)))) == 4
