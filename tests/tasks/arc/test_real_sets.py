"""The task on the public sets and on what the published builder made of them."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from hrm.puzzles.arc.variants import read_variant_name
from hrm.tasks.arc import ArcConfig
from hrm.types import IGNORE_LABEL


def test_test_outputs_of_the_real_sets_are_out_of_reach(shared: Path, tmp_path: Path) -> None:
    arc = shared / "data" / "arc"
    kaggle = arc / "kaggle" / "arc-agi_evaluation_challenges.json"
    (tmp_path / kaggle.name).write_bytes(kaggle.read_bytes())  # without its solutions
    train = (arc / "arc-agi-1" / "data" / "training", arc / "kaggle" / "arc-agi_concept_challenges.json")
    with_answers, without = (
        ArcConfig(train=train, test=test, num_augmentations=20).build()
        for test in ((kaggle,), (tmp_path / kaggle.name,))
    )
    assert all(pair.output is None for task in without.evaluated for pair in task.tests)
    for step in (0, 5, 1000):  # of four batches an epoch
        assert all(map(torch.equal, with_answers.train_batch(step, 1000, 0), without.train_batch(step, 1000, 0)))


def test_published_data_are_encoded_alike(shared: Path) -> None:
    """Test rows of the published builder, and ours of the same variants."""
    folder = shared / "fixtures" / "official_arc_hrm"
    names = json.loads((folder / "identifiers.json").read_text())
    wanted = {read_variant_name(name)[0] for name in names[1:]}
    arc = shared / "data" / "arc" / "arc-agi-1" / "data"
    inputs, labels = (np.load(folder / "test" / f"all__{part}.npy") for part in ("inputs", "labels"))
    ids, starts = (np.load(folder / "test" / f"all__puzzle_{part}.npy") for part in ("identifiers", "indices"))
    config = ArcConfig(train=(arc / "training",), test=(arc / "evaluation",), tasks=tuple(wanted), num_augmentations=0)
    task = config.build()
    ours = {group[0].name: group[0] for group in task.groups("test")}
    checked = 0
    for start, end, puzzle_id in zip(starts, islice(starts, 1, None), ids, strict=False):
        if names[puzzle_id] in ours:
            assert (inputs[start:end] == ours[names[puzzle_id]].inputs).all()
            expected = labels[start:end].astype(np.int64)
            assert (np.where(expected == 0, IGNORE_LABEL, expected) == ours[names[puzzle_id]].labels).all()
            checked += 1
    assert checked == len(ours) == 4
