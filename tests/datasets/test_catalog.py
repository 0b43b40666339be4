from __future__ import annotations

import re
from pathlib import Path

import pytest

from hrm.datasets.archive import content_digest
from hrm.datasets.catalog import DATASETS, Archive, Files
from hrm.datasets.download import hub_url
from hrm.recipes import RECIPES


def test_recipes_read_what_is_fetched() -> None:
    for name in ("sudoku-extreme", "maze-hard"):
        dataset, task = DATASETS[name], RECIPES[name]().task
        assert isinstance(dataset, Files)
        assert [str(task.train), str(task.test)] == [f"data/{name}/{file}" for file in dataset.names]


def test_every_data_set_says_what_it_is_and_where() -> None:
    for name, dataset in DATASETS.items():
        assert dataset.about, name
        url = dataset.url() if isinstance(dataset, Archive) else hub_url(dataset.repository, dataset.names[0])
        assert url.startswith("https://"), name


def test_repositories_are_pinned_to_a_commit_and_the_newest_can_be_asked_for() -> None:
    for name, dataset in DATASETS.items():
        if isinstance(dataset, Archive):
            assert re.fullmatch("[0-9a-f]{40}", dataset.commit), name
            assert dataset.url().endswith(f"/archive/{dataset.commit}.zip")
            assert dataset.url(newest=True).endswith(f"/archive/refs/heads/{dataset.branch}.zip")
            assert dataset.digest is None or re.fullmatch("[0-9a-f]{64}", dataset.digest)


@pytest.mark.parametrize("name", ["arc-agi-1", "arc-agi-2"])
def test_the_digest_is_that_of_the_public_set(shared: Path, name: str) -> None:
    dataset, folder = DATASETS[name], shared / "data/arc" / name / "data"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    assert isinstance(dataset, Archive)
    assert content_digest(folder) == dataset.digest
