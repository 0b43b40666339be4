"""The rules of the house that a machine can check: which way the stairs go, and that every file has its test."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY

PACKAGE = REPOSITORY / "hrm"

FLOORS = [
    {"errors"},
    {"types", "config", "runtime", "files", "intervals"},
    {"nn", "puzzles", "datasets"},
    {"models", "tasks"},
    {"segments", "store"},
    {"inference"},
    {"evaluation"},
    {"training"},
    {"recipes", "analysis"},
    {"studies", "export"},
    {"api"},
    {"cli"},
]
ROOM_TO_FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
DOORS = {"hrm", "hrm.__main__"}
"""The package's front doors may import from any floor."""

SOURCES = sorted(PACKAGE.rglob("*.py"))


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", SOURCES, ids=module_name)
def test_imports_go_down_the_stairs(file: Path) -> None:
    name = module_name(file)
    if name in DOORS:
        return
    room = name.split(".")[1]
    for other in imported(file):
        parts = other.split(".")
        if parts[0] == "hrm" and len(parts) > 1 and parts[1] in ROOM_TO_FLOOR and parts[1] != room:
            assert ROOM_TO_FLOOR[parts[1]] < ROOM_TO_FLOOR[room], f"{name} imports {other}: a step up"


def test_tasks_know_no_models_and_models_no_tasks() -> None:
    for file in (PACKAGE / "models").glob("*.py"):
        assert not any(name.startswith("hrm.tasks") for name in imported(file)), file
    for file in (PACKAGE / "tasks").rglob("*.py"):
        assert not any(name.startswith(("hrm.models", "hrm.nn", "torch.nn")) for name in imported(file)), file


COMMON = {"base", "augment", "MODELS", "ModelConfig", "TASKS", "TaskConfig"}
"""What all models, or all tasks, share."""


@pytest.mark.parametrize("room", ["training", "evaluation", "inference"])
def test_rooms_that_serve_all_name_no_concrete_model_or_task(room: str) -> None:
    for file in (PACKAGE / room).glob("*.py"):
        for name in imported(file):
            if name.startswith(("hrm.models.", "hrm.tasks.")):
                assert name.split(".")[2] in COMMON, f"{file}: {name}"


@pytest.mark.parametrize("file", SOURCES, ids=module_name)
def test_every_source_file_has_its_test_file(file: Path) -> None:
    if file.name in {"__init__.py", "__main__.py", "base.py", "types.py", "output.py"}:
        return
    relative = file.relative_to(PACKAGE)
    assert (REPOSITORY / "tests" / relative.parent / f"test_{relative.name}").exists(), f"no test file for {relative}"
