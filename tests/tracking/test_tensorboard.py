"""TensorBoard's own reader finds what it was told."""

from __future__ import annotations

import errno
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tracked_run import STEPS, CrashedError, train_tracked

from hrm.errors import Notice
from hrm.tracking.base import TrackedBoard, TrackedRun
from hrm.tracking.tensorboard import FOLDER, TensorBoardTracker, flat

pytest.importorskip("tensorboard", reason="needs hrm-lab[tensorboard]")
BOARD = TrackedBoard("1", "\x1b[1m5\x1b[0m \x1b[31m3\x1b[0m", ("1 of 2 cells right", "not solved"))


def read(path: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (folder,) = (path / FOLDER).iterdir()
    found = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    found.Reload()
    return found


def test_a_run_that_goes_on_has_every_step_once(tmp_path: Path) -> None:
    with pytest.raises(CrashedError):
        train_tracked(tmp_path / "run", "tensorboard", crash_at=9)
    assert [event.step for event in read(tmp_path / "run").Scalars("train/loss")] == [3, 6, 9]
    assert (tmp_path / "run" / FOLDER / "run").is_dir(), "TensorBoard's name of the run"
    (tmp_path / "run").rename(tmp_path / "renamed")
    train_tracked(tmp_path / "renamed", "tensorboard")
    found = read(tmp_path / "renamed")
    lines = [json.loads(line) for line in (tmp_path / "renamed" / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == STEPS
    fields = ("loss", "token_loss", "segments", "cell_accuracy", "exact_accuracy", "lr", "grad_norm")
    for name, field in {f"train/{field}": field for field in fields}.items():
        expected = [(line["step"], line[field]) for line in lines if line[field] is not None]
        events = [(event.step, event.value) for event in found.Scalars(name)]
        assert events == [(step, pytest.approx(value)) for step, value in expected], name
    cells = {line["step"]: line["validation"]["cells"] for line in lines if "validation" in line}
    assert {event.step: event.value for event in found.Scalars("validation/cells")} == pytest.approx(cells)
    rates = [event.value for event in found.Scalars("rate/steps_per_s")]
    assert rates == pytest.approx([line["steps_per_s"] for line in lines])
    assert [event.value for event in found.Scalars("rate/samples_per_s")] == pytest.approx([8 * rate for rate in rates])
    assert found.Tags()["images"] == [f"examples/{number}" for number in (1, 2, 3, 4)]
    assert [event.step for event in found.Images("examples/4")] == [6, 12]


def test_settings_are_hyperparameters(tmp_path: Path) -> None:
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    train_tracked(tmp_path, "tensorboard")
    content = read(tmp_path).PluginTagToContent("hparams")
    found = HParamsPluginData.FromString(content["_hparams_/session_start_info"]).session_start_info.hparams
    assert found["training.lr"].number_value == 0.01
    assert found["model.name"].string_value == "hrm"
    assert found["seed"].number_value == 3
    assert not [name for name in found if name.startswith(("format", "made_with"))]
    assert dict(flat({"a": {"b": None, "c": (1, 2)}, "d": True})) == {"a.b": "None", "a.c": "(1, 2)", "d": True}


def test_boards_are_pictures_or_where_they_cannot_be_drawn_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = pytest.importorskip("PIL.Image", reason="pictures need hrm-lab[plot]")
    tracker = TensorBoardTracker(TrackedRun(tmp_path, "run", {}, 0, None))
    assert (tracker.key, tracker.place) == (None, f"tensorboard --logdir {tmp_path / FOLDER}")
    tracker.report(1, {}, [BOARD])
    monkeypatch.setattr("hrm.tracking.tensorboard.can_draw", lambda: False)
    tracker.report(2, {"train/loss": 1.0}, [BOARD])
    tracker.close()
    found = read(tmp_path)
    (event,) = found.Images("examples/1")
    colours = {colour for _, colour in image.open(io.BytesIO(event.encoded_image_string)).convert("RGB").getcolors()}
    assert any(red > 150 and green < 130 and blue < 130 for red, green, blue in colours), "a red 3"
    (text,) = found.Tensors("examples/1/text_summary")
    assert text.tensor_proto.string_val[0].decode() == "    1 of 2 cells right, not solved\n    \n    5 3"


def test_a_full_disk_ends_the_tracking_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorboard.summary.writer.record_writer import RecordWriter

    write, calls = RecordWriter.write, []

    def full_after_a_while(self: RecordWriter, data: bytes) -> None:
        calls.append(len(data))
        if len(calls) > 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, data)

    monkeypatch.setattr(RecordWriter, "write", full_after_a_while)
    with pytest.warns(Notice, match=r"tensorboard: OSError.*No space left.*the training goes on") as said:
        train_tracked(tmp_path, "tensorboard")
    assert len([one for one in said if one.category is Notice]) == 1
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 4


def test_nothing_of_it_is_imported_before_it_is_asked_for() -> None:
    import subprocess

    code = "import hrm.tracking.reporter, sys; sys.exit(bool({'tensorboard', 'trackio', 'wandb'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
