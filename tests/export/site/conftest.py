from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from in_browser import browser, chromium, served, web_runtime

from hrm.cli import main
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
def maze(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    yield from shown(tmp_path_factory.mktemp("maze"), "maze")


@pytest.fixture(scope="session")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """A model of pairs of one's own: rows of two cells that change places."""
    folder = tmp_path_factory.mktemp("grid")
    grids = [["".join(row[:2]), "".join(row[2:])] for row in product("abcd", repeat=4)]
    header = {"header": True, "symmetries": ["top-bottom"], "rename": "abcd"}
    lines = [header, *({"input": grid, "output": [row[::-1] for row in grid]} for grid in grids)]
    (folder / "pairs.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    args = ["--data", str(folder / "pairs.jsonl"), "--out", str(folder / "mine"), "--task.held-out-share", "0.2"]
    args += ["--training.steps", "60", "--training.validate-every", "0", "--training.lr", "8e-3"]
    assert main(["train", "grid", *args, "--runtime.compile", "no"]) == 0
    yield from shown(folder, str(folder / "mine"))
