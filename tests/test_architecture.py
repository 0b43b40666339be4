"""The rules of the house that a machine can check: which way the stairs go, who may know whom, how long a file is.

``HOUSE`` is the one list of rooms and floors. ``python tests/test_architecture.py`` writes it into the README and the
tour; a test fails where they tell something else.
"""

from __future__ import annotations

import ast
import inspect
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
    {
        "types": "batches, predictions",
        "config": "dataclasses as JSON",
        "runtime": "device and precision",
        "files": "whole or not at all",
        "intervals": "shares with intervals",
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
    {"studies": "questions as experiments", "export": "cards, ONNX"},
    {"api": "load, PuzzleModel"},
    {"cli": "one verb per file"},
]
"""From the ground up: room -> what it is for. Rooms of one floor do not know each other."""

ROOM_TO_FLOOR = {room: floor for floor, rooms in enumerate(HOUSE) for room in rooms}
DOORS = {"hrm", "hrm.__main__"}
"""The package's front doors may import from any floor; nobody comes in through them."""

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 300, 60
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


LIGHT = ["errors", "types", "config", "runtime", "files", "intervals", "puzzles", "datasets", "tasks"]
LIGHT += ["inference.options", "store.locate", "store.hub", "cli.source", "cli.output", "cli.solve", "cli.data"]
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


def concrete_methods(cls: type) -> set[str]:
    """What ``cls`` itself defines and does not leave to others; not what Python or PyTorch ask for."""
    return {
        name
        for name, member in vars(cls).items()
        if (inspect.isfunction(member) or isinstance(member, property))
        and not name.startswith("__")
        and not getattr(member, "__isabstractmethod__", False)
    }


def reasoners(file: Path) -> Iterator[str]:
    """The classes in a file that say ``Reasoner`` is what they derive from."""
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.ClassDef) and {"Reasoner", "base.Reasoner"} & {*map(ast.unparse, node.bases)}:
            yield node.name


def test_models_are_abstract_or_final_and_override_nothing_that_works() -> None:
    from hrm.export.session import OnnxReasoner
    from hrm.models import MODELS, base

    assert MODELS  # all of them are imported

    def below(cls: type) -> Iterator[type]:
        for sub in cls.__subclasses__():
            yield sub
            yield from below(sub)

    found = {cls for cls in below(base.Reasoner) if cls.__module__.startswith("hrm.")}
    named = {f"{module_name(file)}.{name}" for file in SOURCES for name in reasoners(file)}
    assert {f"{cls.__module__}.{cls.__name__}" for cls in found} >= named, "import them here"
    assert OnnxReasoner in found
    for cls in found:
        ours = [above for above in cls.__mro__[1:] if above.__module__.startswith("hrm.")]
        for above in ours:
            assert inspect.isabstract(above), f"{cls} derives from {above}, which is final"
            assert not concrete_methods(cls) & concrete_methods(above), f"{cls} overrides what works in {above}"


def test_configurations_of_models_are_abstract_or_final() -> None:
    """One with a name is a model, and nothing derives from it; one without cannot be made, for it could not be read."""
    from hrm.models import MODELS, settings

    def below(cls: type) -> Iterator[type]:
        for sub in cls.__subclasses__():
            yield sub
            yield from below(sub)

    ours = {cls for cls in [settings.SizeConfig, *below(settings.SizeConfig)] if cls.__module__.startswith("hrm.")}
    assert {cls for cls in ours if "name" in vars(cls)} == set(MODELS.values())
    for cls in ours - set(MODELS.values()):
        with pytest.raises(TypeError, match=f"{cls.__name__} is abstract"):
            cls()
    for cls in MODELS.values():
        assert not [sub for sub in cls.__subclasses__() if sub.__module__.startswith("hrm.")], f"{cls} is final"


@pytest.mark.parametrize("file", SOURCES, ids=module_name)
def test_a_file_is_read_in_one_sitting(file: Path) -> None:
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{lines} lines"
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MOST_LINES_OF_A_FUNCTION, f"{node.name}: {length} lines"


KEPT_NAMES = {"types", "queue", "trace"}
"""Modules of Python's, too; the field's own words, and never imported without ``hrm.`` in front."""


def test_no_module_takes_a_name_of_pythons_own() -> None:
    assert not {file.stem for file in SOURCES} & sys.stdlib_module_names - KEPT_NAMES - {"__main__"}


DRAW_BY_A_SEED = {
    "hrm.tasks.seeds",  # the streams
    "hrm.puzzles.splitmix",  # what random_states is
    "hrm.puzzles.maze.generator",  # by the seed that it is given
    "hrm.puzzles.sudoku.generator",  # likewise
    "hrm.inference.attempts",  # by the seed of a solver
    "hrm.inference.queue",  # by the seed of a job
}
"""Modules that may make random numbers out of a seed; all others get them of a stream."""
MADE_OF_A_SEED = {"default_rng", "random_states", "RandomState", "SeedSequence"}


def seeded(file: Path) -> set[str]:
    """Names of a file that stand for random numbers made out of a seed, be they imported, called or passed on."""
    names = {name for node in ast.walk(parsed(file)) for name in (getattr(node, "id", ""), getattr(node, "attr", ""))}
    return MADE_OF_A_SEED & (names | {name.rpartition(".")[2] for name in imported(file)})


def test_random_streams_are_named_in_one_place() -> None:
    assert {module_name(file) for file in SOURCES if seeded(file)} == DRAW_BY_A_SEED
    for file in SOURCES:
        if module_name(file) != "hrm.tasks.seeds":  # the only one to make a seed out of several numbers
            assert not re.search(r"default_rng\(\s*[\[(]", file.read_text(encoding="utf-8")), file


@pytest.mark.parametrize(
    "line",
    [
        "np.random.default_rng((seed, step))",
        "numpy.random.default_rng(seed)",
        "from numpy.random import default_rng as rng",
        "from hrm.puzzles.splitmix import random_states",
        "make = np.random.RandomState",
    ],
)
def test_random_numbers_are_seen_however_they_are_made(line: str, tmp_path: Path) -> None:
    file = tmp_path / "line.py"
    file.write_text(line, encoding="utf-8")
    assert seeded(file)


WITHOUT_TESTS = {"__init__.py", "__main__.py", "types.py"}


@pytest.mark.parametrize("file", SOURCES, ids=module_name)
def test_every_source_file_has_its_test_file(file: Path) -> None:
    relative = file.relative_to(PACKAGE)
    is_interface = relative.as_posix() in {"tasks/base.py", "puzzles/base.py"}
    if file.name in WITHOUT_TESTS or is_interface:
        return
    assert (REPOSITORY / "tests" / relative.parent / f"test_{relative.name}").exists(), f"no test file for {relative}"


NO_NOUNS = [
    "What",
    "Which",
    "How",
    "Whether",
    "Where",
    "When",
    "Makes",
    "Builds",
    "Writes",
    "Reads",
    "Runs",
    "Raises",
    "Puts",
    "Takes",
    "Gives",
    "Looks",
    "Finds",
    "Fills",
    "Trains",
    "Solves",
    "Thinks",
    "Measures",
    "Appends",
    "Brings",
    "Fuses",
    "Turns",
    "Sends",
    "Uploads",
    "Loads",
    "Copies",
    "Collects",
    "Checks",
    "Draws",
    "Must",
    "Always",
    "Waits",
    "Holds",
    "Shows",
    "Prints",
    "Names",
    "Drops",
    "Returns",
    "Creates",
    "Computes",
    "Within",
    "After",
    "Before",
    "From",
    "Of",
    "By",
    "Up",
    "To",
    "In",
    "This",
]
"""First words of a docstring that says what is done, or asks, before it says what the thing is. A function that returns
nothing is no thing: it is told to do what it does (Write ..., Wait ...)."""


def stumbling_docstrings(file: Path) -> Iterator[str]:
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            text = ast.get_docstring(node)
            name, gives = getattr(node, "name", "module"), getattr(node, "returns", None)
            acts = gives is not None and ast.unparse(gives) == "None"  # says what it does: there is no thing to name
            is_study = gives is not None and ast.unparse(gives) == "Study"  # ``hrm ablate`` prints its question
            if (
                text
                and text.split()[0].rstrip(":,.") in NO_NOUNS
                and not name.startswith("_")
                and not is_study
                and not acts
            ):
                yield f"{module_name(file)}.{name}: {text.splitlines()[0]}"


def test_docstrings_begin_with_a_noun() -> None:
    assert [line for file in SOURCES for line in stumbling_docstrings(file)] == []


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


@pytest.mark.parametrize("page", ["README.md", *sorted(f"docs/{p.name}" for p in (REPOSITORY / "docs").glob("*.md"))])
def test_links_of_the_pages_lead_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```", "", (REPOSITORY / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert not [link for link in links if not ((REPOSITORY / page).parent / link).exists()]


if __name__ == "__main__":
    for page in PAGES:
        (REPOSITORY / page).write_text(with_block(page), encoding="utf-8")
