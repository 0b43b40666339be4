"""The rules of the house that a machine can check: which way the stairs go, who may know whom, how long a file is.

``HOUSE`` is the one list of rooms and floors. ``python tests/test_architecture.py`` writes it into the README and the
tour; a test fails where they tell something else.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
PACKAGE = REPOSITORY / "hrm"

HOUSE: list[dict[str, str]] = [
    {"errors": "what is said to a person"},
    {"compiling": "fused where that works", "capture": "repeated as one graph"},
    {
        "types": "batches, predictions",
        "config": "dataclasses as JSON",
        "runtime": "device and precision",
        "files": "whole or not at all",
        "intervals": "shares with intervals",
        "markup": "boards, tables as HTML",
        "signals": "heard for a time",
        "world": "ranks that train together",
    },
    {
        "nn": "layers",
        "puzzles": "what a puzzle is, without torch",
        "datasets": "what can be fetched",
    },
    {"models": "one architecture per file", "tasks": "puzzles as batches"},
    {"segments": "slots, halting, losses", "store": "models on disk"},
    {"inference": "the queue and the solver"},
    {"evaluation": "a table with a row per puzzle"},
    {"training": "the loop, the optimizers, the run"},
    {"recipes": "whole runs as functions", "analysis": "a look inside; speed"},
    {"tracking": "what trackers are told"},
    {
        "studies": "questions as experiments",
        "export": "cards, ONNX, the page",
        "llm": "language models on the same puzzles",
    },
    {"api": "load, PuzzleModel"},
    {"cli": "one verb per file"},
]
"""From the ground up: room -> what it is for. Rooms of one floor do not know each other."""

ROOM_TO_FLOOR = {room: floor for floor, rooms in enumerate(HOUSE) for room in rooms}
DOORS = {"hrm", "hrm.__main__"}
"""The package's front doors may import from any floor; nobody comes in through them."""

SOURCES = sorted(PACKAGE.rglob("*.py"))


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(file: Path, *, at_run_time: bool = False) -> Iterator[str]:
    """Every name that a file imports, also in functions; ``at_run_time``: without what only the type checker sees."""
    hidden = {
        id(inner)
        for node in ast.walk(parsed(file))
        if at_run_time and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(parsed(file)):
        if id(node) in hidden:
            continue
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
    assert room in ROOM_TO_FLOOR, f"{name} is no room of the house"
    for other in imported(file):
        parts = other.split(".")
        if parts[0] != "hrm":
            continue
        if len(parts) == 1 or parts[1] not in ROOM_TO_FLOOR:  # hrm itself, and what it holds
            assert room == "cli", f"{name} imports {other}: it comes in through the front door"
        elif parts[1] != room:
            assert ROOM_TO_FLOOR[parts[1]] < ROOM_TO_FLOOR[room], f"{name} imports {other}: not a step down"


def test_every_room_of_the_list_stands() -> None:
    assert set(ROOM_TO_FLOOR) == {module_name(file).split(".")[1] for file in SOURCES if module_name(file) not in DOORS}


@pytest.mark.parametrize("room", ["errors.py", "files.py", "types.py", "puzzles"])
def test_no_torch_where_a_puzzle_is_read(room: str) -> None:
    files = sorted((PACKAGE / room).rglob("*.py")) or [PACKAGE / room]
    names = [module_name(file) for file in files]
    code = (
        f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\nsys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    if room != "types.py":  # there a batch becomes tensors when one is made
        assert not [f"{file}: {n}" for file in files for n in imported(file) if n.split(".")[0] == "torch"]


LIGHT = ["errors", "types", "config", "runtime", "files", "intervals", "markup", "signals", "puzzles", "datasets"]
LIGHT += [
    "tasks",
    "inference.options",
    "store.locate",
    "store.hub",
    "cli.source",
    "cli.output",
    "cli.solve",
    "cli.data",
]
"""What the program answers at once with: help, typing errors, a look at data."""


def test_what_the_program_answers_at_once_with_imports_no_torch() -> None:
    modules = [
        module
        for module in map(module_name, SOURCES)
        if any(module == f"hrm.{room}" or module.startswith(f"hrm.{room}.") for room in LIGHT)
    ]
    assert len(modules) > 60
    script = f"import {', '.join(modules)}, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize("file", SOURCES, ids=module_name)
def test_files_are_read_and_written_in_one_place(file: Path) -> None:
    """``files.py`` alone knows how a text is decoded, JSON parsed, a file made whole."""
    if module_name(file) == "hrm.files":
        return
    used = {ast.unparse(node) for node in ast.walk(parsed(file)) if isinstance(node, ast.Attribute)}
    found = {name for name in used if name.endswith((".read_text", ".write_text", "json.loads", "os.fsync"))}
    assert not found | {"json.load", "tempfile.mkdtemp"} & used


COMMON = {"base", "symmetry", "MODELS", "ModelConfig", "TASKS", "TaskConfig", "cost", "findings"}
"""What all models, or all tasks and puzzles, share."""


CONCRETE = {"models", "tasks", "puzzles"}


def concrete(file: Path) -> Iterator[str]:
    """Imports of a model, a task or a puzzle; of a whole room, too, for behind it are all of them."""
    whole = {alias.name for node in ast.walk(parsed(file)) if isinstance(node, ast.Import) for alias in node.names}
    for name in imported(file):
        _, room, what, *_ = *name.split("."), "", ""
        if name.startswith("hrm.") and room in CONCRETE and (what not in COMMON or name in whole):
            yield name


@pytest.mark.parametrize("room", ["training", "evaluation", "inference", "segments"])
def test_rooms_that_serve_all_name_no_concrete_model_or_task(room: str) -> None:
    assert [f"{file}: {name}" for file in (PACKAGE / room).rglob("*.py") for name in concrete(file)] == []


@pytest.mark.parametrize(
    ("line", "is_concrete"),
    [
        ("from hrm.models.hrm import HRM", True),
        ("from hrm.models import hrm", True),
        ("from hrm import models", True),
        ("import hrm.models", True),
        ("import hrm.models.base", True),  # and then hrm.models.hrm
        ("from hrm.models.base import Reasoner", False),
        ("from hrm.models import ModelConfig, base", False),
        ("from hrm import errors", False),
        ("import numpy", False),
    ],
)
def test_a_concrete_model_is_seen_however_it_is_imported(line: str, is_concrete: bool, tmp_path: Path) -> None:
    file = tmp_path / "line.py"
    file.write_text(line, encoding="utf-8")
    assert bool([*concrete(file)]) == is_concrete


def verbs() -> set[str]:
    """Modules that are a verb of the program."""
    found = set()
    for room in ("hrm.cli", "hrm.cli.data", "hrm.cli.analyze"):
        module = __import__(room, fromlist=["VERBS"])
        files = getattr(module, "FILES", {})
        found |= {f"{room}.{files.get(verb, verb)}" for verb in module.VERBS}
    return found


@pytest.mark.parametrize("file", sorted((PACKAGE / "cli").rglob("*.py")), ids=module_name)
def test_no_verb_is_imported(file: Path) -> None:
    for name in imported(file):
        assert not [verb for verb in verbs() if name == verb or name.startswith(f"{verb}.")], f"{file}: {name}"


def stairs() -> str:
    """The floors as a line, lowest first."""
    return " < ".join("{" + ", ".join(floor) + "}" if len(floor) > 1 else next(iter(floor)) for floor in HOUSE)


def tree() -> str:
    """The rooms with what they are for, two in a line."""
    rooms = [
        (f"hrm/{room}/" if (PACKAGE / room).is_dir() else f"hrm/{room}.py", what)
        for floor in HOUSE
        for room, what in floor.items()
    ]
    half = -(-len(rooms) // 2)
    left = [f"{name:17s} {what}" for name, what in rooms[:half]]
    right = [f"{name:17s} {what}" for name, what in rooms[half:]]
    width = max(map(len, left)) + 3
    lines = [f"{one:{width}s}{other}".rstrip() for one, other in zip(left, [*right, ""][:half], strict=True)]
    return "\n".join(lines)


PAGES = {"README.md": ("## The tree", tree), "docs/tour.md": ("## 3. The rooms", stairs)}
"""Page -> the heading below which a block is, and what it shows."""


def with_block(page: str) -> str:
    """The text of a page with its block as ``HOUSE`` has it."""
    heading, made = PAGES[page]
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    return re.sub(rf"({re.escape(heading)}\n\n```\n).*?(\n```)", lambda m: m[1] + made() + m[2], text, flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_show_the_house_as_it_is(page: str) -> None:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    assert PAGES[page][1]() in text
    assert text == with_block(page), "python tests/test_architecture.py writes it"


DOCS = sorted(p.relative_to(REPOSITORY).as_posix() for p in (REPOSITORY / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *DOCS])
def test_links_of_the_pages_lead_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```", "", (REPOSITORY / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert not [link for link in links if not ((REPOSITORY / page).parent / link).exists()]


if __name__ == "__main__":
    for page in PAGES:
        (REPOSITORY / page).write_text(with_block(page), encoding="utf-8")
