"""Conventions that a reader may count on: classes abstract or final, short files, named seeds, a noun first."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_architecture import PACKAGE, REPOSITORY, SOURCES, imported, module_name, parsed

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 300, 60


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
    "hrm.analysis.subject",  # bootstraps, by the seed of the analysis
    "hrm.analysis.settle",  # random starts, likewise
    "hrm.analysis.mixer",  # relabelled cells, likewise
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
