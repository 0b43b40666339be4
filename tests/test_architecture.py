"""The rules of the house that a machine can check: which way the stairs go, and that every file has its test."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY

import hrm.cli
import hrm.cli.analyze
import hrm.cli.data

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


def verbs() -> dict[str, Path]:
    """Module -> file of every verb of the program, and of the verbs of its verbs."""
    rooms = [(hrm.cli, hrm.cli.VERBS), (hrm.cli.data, hrm.cli.data.VERBS), (hrm.cli.analyze, hrm.cli.analyze.VERBS)]
    found = {}
    for room, names in rooms:
        for name in names:
            module = f"{room.__name__}.{hrm.cli.FILES.get(name, name) if room is hrm.cli else name}"
            place = REPOSITORY / module.replace(".", "/")
            found[module] = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return found


def test_verbs_do_not_import_verbs() -> None:
    modules = verbs()
    for module, file in modules.items():
        for other in imported(file):
            names = {other, other.rpartition(".")[0]} - {module}
            assert not names & modules.keys(), f"{module} imports {other}"


def test_what_verbs_share_imports_no_verb() -> None:
    modules = verbs()
    for file in sorted((PACKAGE / "cli").rglob("*.py")):
        if module_name(file) not in modules:
            for other in imported(file):
                assert not {other, other.rpartition(".")[0]} & modules.keys(), f"{module_name(file)} imports {other}"


@pytest.mark.parametrize("file", SOURCES, ids=module_name)
def test_nobody_but_the_program_uses_the_front_door(file: Path) -> None:
    """``import hrm`` leads to the roof: from there everything else is a step up."""
    if module_name(file).split(".")[1:2] != ["cli"] and module_name(file) not in DOORS:
        assert "hrm" not in imported(file)


LIGHT = ["errors", "types", "config", "runtime", "files", "intervals", "puzzles", "datasets", "tasks"]
LIGHT += ["inference.options", "store.locate", "store.hub", "cli.source", "cli.output", "cli.solve", "cli.data"]


def test_what_the_program_answers_at_once_with_imports_no_torch() -> None:
    modules = [
        module
        for module in map(module_name, SOURCES)
        if any(module == f"hrm.{room}" or module.startswith(f"hrm.{room}.") for room in LIGHT)
    ]
    assert len(modules) > 60
    names = ", ".join(modules)
    script = f"import {names}, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


STREAMS = {"hrm.training.folder"}
"""Lines of ``metrics.jsonl`` as they are appended, the last perhaps cut short by a crash."""


def test_files_are_read_and_written_in_one_place() -> None:
    """What only ``files.py`` may know: how a text is decoded, JSON parsed, a file made whole."""
    for file in SOURCES:
        if module_name(file) in {"hrm.files", *STREAMS}:
            continue
        nodes = list(ast.walk(ast.parse(file.read_text())))
        used = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
        found = {name for name in used if name.endswith((".read_text", ".write_text", "json.loads", "os.fsync"))}
        assert not found | {"json.load", "tempfile.mkdtemp"} & used, f"{module_name(file)}: {', '.join(found)}"


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
