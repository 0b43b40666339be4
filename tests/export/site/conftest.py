from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from export_models import untrained
from in_browser import browser, chromium, served, train_as_told, web_runtime

from hrm.export.folder import save_folder
from hrm.export.page import save_page
from hrm.store.folder import LoadedModel, load_model


class Shown(NamedTuple):
    """A page that is served, and its model."""

    address: str
    site: Path
    loaded: LoadedModel

    @property
    def model(self) -> dict[str, Any]:
        return dict(json.loads((self.site / "model.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    with browser() as opened:
        yield opened


@pytest.fixture
def page(chrome: Any) -> Iterator[Any]:
    """A tab of its own, closed in the end."""
    opened = chrome.new_page()
    yield opened
    opened.close()


def shown(folder: Path, model: str) -> Iterator[Shown]:
    pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install 'hrm-lab[browser]'")
    chromium()
    loaded = load_model(model)
    save_page(loaded, folder / "site", web_runtime(), limit=16)
    with served(folder / "site") as address:
        yield Shown(address, folder / "site", loaded)


@pytest.fixture(scope="session")
def sudoku(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    yield from shown(tmp_path_factory.mktemp("sudoku"), "sudoku")


@pytest.fixture(scope="session")
def lattice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    yield from shown(tmp_path_factory.mktemp("lattice"), "sudoku-lattice")


@pytest.fixture(scope="session")
def maze(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    yield from shown(tmp_path_factory.mktemp("maze"), "maze")


@pytest.fixture(scope="session")
def hybrid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """A recurrence and attention by turns over 81 cells, two chunks, never trained: few updates, for it soon amplifies
    rounding."""
    folder = tmp_path_factory.mktemp("hybrid")
    sizes = {
        "hidden_size": 16,
        "puzzle_embedding_size": 0,
        "state_size": 4,
        "L_layers": 2,
        "H_cycles": 1,
        "L_cycles": 1,
    }
    save_folder(untrained("trm", folder, 9, mixing="hybrid", positions="rope", **sizes), folder / "model", "float32")
    yield from shown(folder, str(folder / "model"))


@pytest.fixture(scope="session")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The model of the tutorial, hardly trained."""
    folder = tmp_path_factory.mktemp("grid")
    train_as_told(folder, steps=60)
    yield from shown(folder, str(folder / "runs" / "mine"))
