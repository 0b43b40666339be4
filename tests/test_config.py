from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import REPOSITORY

from hrm.config import from_dict, in_short, named_part, to_dict
from hrm.errors import InputError
from hrm.models.hrm import HRMConfig
from hrm.runtime import RuntimeConfig
from hrm.store.folder import build
from hrm.store.locate import CONFIG, read_config
from hrm.tasks.grid import GridConfig
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig
from hrm.training.config import RunConfig
from hrm.training.settings import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class Inner:
    numbers: tuple[int, int] = (1, 2)


@dataclass(frozen=True, kw_only=True)
class Outer:
    file: Path | None = None
    inner: Inner = field(default_factory=Inner)


@pytest.mark.parametrize(
    "config", [HRMConfig(hidden_size=48), SudokuConfig(train=Path("a.csv"), givens=(30, 40)), Outer()]
)
def test_there_and_back(config: object) -> None:
    assert from_dict(type(config), to_dict(config)) == config


def test_the_name_comes_first() -> None:
    assert next(iter(to_dict(HRMConfig()).items())) == ("name", "hrm")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"hiden_size": 3}, "hiden_size"),
        ({"hidden_size": "wide"}, "hidden_size"),
        ({"mixing": "magic"}, "mixing"),
        ({"num_heads": 0}, "num_heads is 0"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=rf"place\.json: .*{named}"):
        from_dict(HRMConfig, values, "place.json")


@pytest.mark.parametrize(
    ("cls", "key", "value"),
    [
        (TrainingConfig, "act", "no"),
        (TrainingConfig, "act", 1),
        (TrainingConfig, "lr", "1e-4"),
        (TrainingConfig, "lr", True),
        (TrainingConfig, "lr", None),
        (TrainingConfig, "steps", 7.0),
        (TrainingConfig, "early_max_segments", "12"),
        (TrainingConfig, "early_max_segments", 3),
        (TrainingConfig, "early_max_segments", {"1": 2}),
        (TrainingConfig, "early_max_segments", [1, "2"]),
        (HRMConfig, "hidden_size", 64.9),
        (HRMConfig, "hidden_size", "64"),
        (HRMConfig, "has_q_continue", "false"),
        (HRMConfig, "H_cycles", True),
        (HRMConfig, "puzzle_embedding_len", "16"),
        (RuntimeConfig, "device", 0),
        (GridConfig, "symmetries", "dihedral"),
        (SudokuConfig, "givens", [30]),
        (SudokuConfig, "givens", [30, 40, 50]),
        (SudokuConfig, "train", 5),
    ],
)
def test_what_is_of_another_type_is_named_and_not_made_to_fit(cls: type, key: str, value: object) -> None:
    with pytest.raises(InputError, match=rf"place\.json: .*{cls.__name__}\.{key}"):
        from_dict(cls, {key: value}, "place.json")


def test_a_whole_number_is_a_number() -> None:
    config = from_dict(HRMConfig, {"expansion": 4})
    assert isinstance(config.expansion, float)
    assert config.expansion == 4


@pytest.mark.parametrize(("key", "value"), [("seed", "7"), ("seed", 7.5), ("seed", True), ("recipe", 3)])
def test_a_run_is_read_as_strictly(tiny_run: RunConfig, key: str, value: object) -> None:
    with pytest.raises(InputError, match=rf"place\.json: .*{key}"):
        RunConfig.from_dict({**tiny_run.to_dict(), key: value}, "place.json")


@pytest.mark.parametrize("folder", sorted((REPOSITORY / "hrm/assets").glob("*/")), ids=lambda folder: folder.name)
def test_models_of_the_package_are_read(folder: Path) -> None:
    values = read_config(folder)
    build(values, str(folder / CONFIG))
    assert RunConfig.from_dict(values, CONFIG).recipe == values["recipe"]


def test_none_of_old_files_means_all_puzzles() -> None:
    for kind in (SudokuConfig, MazeConfig):
        old = {**to_dict(kind()), "train": "a.csv", "num_train": None}
        assert from_dict(kind, old).num_train == 0
    with pytest.raises(InputError, match="size"):
        from_dict(SudokuConfig, {"size": None})


def test_in_short_a_configuration_is_what_is_not_as_usual() -> None:
    assert in_short(SudokuConfig()) == "sudoku"
    assert in_short(SudokuConfig(size=4, num_train=20)) == "sudoku: num_train 20, size 4"
    assert in_short(TrainingConfig()) == ""
    assert in_short(TrainingConfig(early_max_segments=(3, 8))) == "early_max_segments [3, 8]"


@pytest.mark.parametrize("part", [None, "sudoku", ["x"], {"name": ["x"]}, {}])
def test_a_part_that_does_not_say_what_it_is_of_is_an_input_error(part: object) -> None:
    with pytest.raises(InputError, match=r"config.json: model is .* and has to be an object with a name"):
        named_part({"model": part}, "model", "config.json")


def test_settings_that_are_no_object_are_an_input_error() -> None:
    with pytest.raises(InputError, match=r"config.json: TrainingConfig is \[\], and has to be an object"):
        from_dict(TrainingConfig, [])  # type: ignore[arg-type]
