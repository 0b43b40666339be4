from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.tasks.published import PublishedConfig


@pytest.mark.parametrize("flavour", ["hrm", "trm"])
def test_the_published_evaluators_give_the_same_scores(shared: Path, flavour: str) -> None:
    fixtures = shared / "fixtures"
    rows = np.load(fixtures / f"arc_votes_{flavour}.npz")
    expected = json.loads((fixtures / f"arc_votes_{flavour}.expected.json").read_text())
    task = PublishedConfig(folder=fixtures / f"official_arc_{flavour}").build()
    (batch,) = task.eval_batches(10_000)
    assert (batch.inputs.numpy() == rows["inputs"]).all()
    certainty = 1 / (1 + np.exp(-rows["q_halt_logits"].astype(np.float64)))
    scores = task.scores(rows["preds"], certainty)
    scoring = "all_test_inputs" if flavour == "hrm" else "mean_over_test_inputs"
    ours = scores.figures[scoring]
    assert {key: ours[key] for key in expected["scores"]} == expected["scores"]
    files = dict(scores.files)
    if flavour == "trm":
        assert json.loads(files["submission.json"]) == expected["submission"]


def test_fewer_answers_are_fewer_votes(shared: Path) -> None:
    task = PublishedConfig(folder=shared / "fixtures/official_arc_hrm").build()
    (batch,) = task.eval_batches(10_000)
    right = np.where(batch.labels.numpy() < 0, 0, batch.labels.numpy())
    some = task.scores(right[:7], np.full(7, 0.5))
    whole = task.scores(right, np.full(len(right), 0.5))
    assert 0 < some.figures["votes"] < whole.figures["votes"]
    assert whole.figures["all_test_inputs"]["pass@1"] == 1.0
    assert not task.scores(right[:0], np.zeros(0)).tables


def test_ids_that_mean_other_tasks_are_refused(shared: Path, tmp_path: Path) -> None:
    folder = shared / "fixtures/official_arc_hrm"
    other = tmp_path / "other"
    shutil.copytree(folder, other, copy_function=shutil.copyfile)
    task = PublishedConfig(folder=folder).build()
    (batch,) = task.eval_batches(10_000)
    answers = np.zeros((1, batch.inputs.shape[1]), dtype=np.uint8)
    assert task.with_test(other).scores(answers, np.zeros(1)).figures["votes"] == 1
    names = json.loads((other / "identifiers.json").read_text())
    (other / "identifiers.json").chmod(0o644)
    (other / "identifiers.json").write_text(json.dumps(names[::-1]))
    with pytest.raises(InputError, match="mean other tasks"):
        task.with_test(other).scores(answers, np.zeros(1))


@pytest.mark.parametrize(
    "name", ["../../evil", "/tmp/evil", "a/b", "..", "", "x" * 300, "a\0b", "../../evil_t3_0123456789"]
)
def test_a_name_that_leads_out_of_the_folder_is_no_task(shared: Path, name: str) -> None:
    task = PublishedConfig(folder=shared / "fixtures/official_arc_hrm").build()
    num, seq_len = task.test_set.num_rows, task.spec.seq_len
    task.names[:] = [name] * len(task.names)
    with pytest.raises(InputError, match=r"identifiers\.json: .* cannot be the name of a task"):
        task.scores(np.zeros((num, seq_len), np.int64), np.zeros(num))
