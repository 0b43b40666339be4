from __future__ import annotations

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
        url = dataset.url if isinstance(dataset, Archive) else hub_url(dataset.repository, dataset.names[0])
        assert url.startswith("https://"), name
