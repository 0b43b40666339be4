from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from arc_tasks import FALL, GROW, SWAP, as_json, write_folder

from hrm.errors import InputError
from hrm.puzzles.arc.files import ArcTask, checked_name, read_tasks

PAIR = {"input": [[1]], "output": [[2]]}


def write(file: Path, content: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def write_kaggle(folder: Path, *tasks: ArcTask, solutions: Any = None) -> Path:
    challenges = {task.name: as_json(task, answers=False) for task in tasks}
    answers = {task.name: [pair.output.tolist() for pair in task.tests if pair.output is not None] for task in tasks}
    write(folder / "x_solutions.json", answers if solutions is None else solutions)
    return write(folder / "x_challenges.json", challenges)


def same(one: list[ArcTask], other: list[ArcTask]) -> bool:
    return [(task.name, as_json(task)) for task in one] == [(task.name, as_json(task)) for task in other]


def test_both_layouts_give_the_same_tasks_by_name(tmp_path: Path) -> None:
    folder = read_tasks(write_folder(tmp_path / "folder", SWAP, FALL, GROW))
    kaggle = read_tasks(write_kaggle(tmp_path / "kaggle", SWAP, GROW, FALL))
    assert [task.name for task in folder] == ["fall", "grow", "swap"]
    assert same(folder, [FALL, GROW, SWAP])
    assert same(kaggle, folder)
    assert kaggle[0].place == f"{tmp_path / 'kaggle' / 'x_challenges.json'}: task fall"


def test_one_file_and_folders_of_folders(tmp_path: Path) -> None:
    write_folder(tmp_path / "corpus" / "Falling", FALL)
    write_folder(tmp_path / "corpus" / "Other", SWAP, GROW)
    assert same(read_tasks(tmp_path / "corpus"), [FALL, GROW, SWAP])
    assert same(read_tasks(tmp_path / "corpus" / "Falling" / "fall.json"), [FALL])


def test_challenges_without_solutions_have_unknown_answers(tmp_path: Path) -> None:
    file = write_kaggle(tmp_path, FALL)
    (tmp_path / "x_solutions.json").unlink()
    (task,) = read_tasks(file)
    assert [pair.output for pair in task.tests] == [None, None]
    assert all(pair.output is not None for pair in task.demonstrations)


def test_other_keys_are_no_matter(tmp_path: Path) -> None:
    (task,) = read_tasks(write(tmp_path / "a.json", {"name": "b", "train": [PAIR], "test": [PAIR]}))
    assert task.name == "a"


BAD_TASKS: dict[str, Any] = {
    "not JSON (Expecting": '{"train": [',
    "not an ARC file": "[]",
    "there are no test pairs": {"train": [PAIR]},
    "there are no train pairs": {"train": [], "test": [PAIR]},
    "train pair 2 has no output": {"train": [PAIR, {"input": [[1]]}], "test": [PAIR]},
    "train pair 1 has no input": {"train": [{"output": [[1]]}], "test": [PAIR]},
    "test pair 1 has no input": {"train": [PAIR], "test": [7]},
    "test pair 2 has no output, although another one has": {"train": [PAIR], "test": [PAIR, {"input": [[1]]}]},
    "train pair 1, output: ragged: row 2 has 1 cells, row 1 has 2": {
        "train": [{"input": [[1]], "output": [[1, 2], [3]]}],
        "test": [PAIR],
    },
    "test pair 1, input: row 1, column 1 is 12: colours are 0 to 9": {"train": [PAIR], "test": [{"input": [[12]]}]},
    "train pair 1, input: 31 x 31 cells": {"train": [{"input": [[0] * 31] * 31, "output": [[0]]}], "test": [PAIR]},
}


def test_hidden_files_are_no_tasks(tmp_path: Path) -> None:
    """macOS leaves ``._x.json`` beside every file that it copies to another disk."""
    for folder in (tmp_path, tmp_path / "deep/data"):
        folder.mkdir(parents=True, exist_ok=True)
        write_folder(folder, SWAP)
        (folder / "._swap.json").write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X")
    (tmp_path / "deep/.git").mkdir()
    (tmp_path / "deep/.git/x.json").write_text("no task")
    assert [task.name for task in read_tasks(tmp_path)] == ["swap"]
    assert [task.name for task in read_tasks(tmp_path / "deep")] == ["swap"]


def test_a_list_of_pairs_is_no_task(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a list, perhaps of pairs as re-ARC writes them"):
        read_tasks(write(tmp_path / "pairs.json", [PAIR, PAIR]))


@pytest.mark.parametrize("message", BAD_TASKS)
def test_a_bad_task_is_named_with_file_pair_and_reason(tmp_path: Path, message: str) -> None:
    write_folder(tmp_path, SWAP)
    file = write(tmp_path / "bad.json", BAD_TASKS[message])
    with pytest.raises(InputError) as error:
        read_tasks(tmp_path)
    assert str(error.value).startswith(f"{file}: {message}")


@pytest.mark.parametrize(
    ("solutions", "message"),
    [
        ({"fall": [[[1]], [[1]]]}, "does not match its challenges: task swap is in x_challenges.json, not in x_sol"),
        ({"fall": [], "swap": [], "more": []}, "task more is in x_solutions.json, not in x_challenges.json"),
        ({"fall": [[[1]]], "swap": [[[1]]]}, "task fall: 2 test inputs, but 1 outputs in x_solutions.json"),
        ({"fall": 7, "swap": [[[1]]]}, "task fall: 2 test inputs, but no outputs in x_solutions.json"),
        ({"fall": [[[1]], [[12]]], "swap": [[[1]]]}, "task fall: test pair 2, output: row 1, column 1 is 12"),
    ],
)
def test_solutions_that_do_not_fit_are_refused(tmp_path: Path, solutions: Any, message: str) -> None:
    with pytest.raises(InputError, match=r"x_(challenges|solutions)\.json.*" + message):
        read_tasks(write_kaggle(tmp_path, FALL, SWAP, solutions=solutions))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "there are no tasks in it"),
        ({"a": 7}, "task a: not a task with train and test pairs"),
        ({"../../etc": {}}, "'../../etc' cannot be the name of a task"),
    ],
)
def test_challenges_that_are_none(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_tasks(write(tmp_path / "y_challenges.json", content))
    assert message in str(error.value)


def test_places_that_hold_no_tasks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none: no such file or folder"):
        read_tasks(tmp_path / "none")
    with pytest.raises(InputError, match=r"there are no tasks in it"):
        read_tasks(tmp_path)
    write_folder(tmp_path / "data" / "training", SWAP)
    write_folder(tmp_path / "data" / "evaluation", FALL)
    with pytest.raises(InputError, match=r"data holds training and evaluation: name one of these"):
        read_tasks(tmp_path / "data")
    write_kaggle(tmp_path / "kaggle", SWAP)
    with pytest.raises(InputError, match=r"kaggle is in the Kaggle layout: name one of its \*_challenges\.json files"):
        read_tasks(tmp_path / "kaggle")


def test_what_may_not_be_read_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    file = write_folder(tmp_path, SWAP) / "swap.json"
    monkeypatch.setattr(Path, "iterdir", denied)  # the rights themselves would not stop root
    with pytest.raises(InputError) as error:
        read_tasks(tmp_path)
    assert str(error.value) == f"{tmp_path}: cannot be read (Permission denied)"
    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(InputError) as error:
        read_tasks(file)
    assert str(error.value) == f"{file}: cannot be read (Permission denied)"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"train": "\xff\xfe"}')
    with pytest.raises(InputError, match=r"a\.json: not a text file in UTF-8"):
        read_tasks(tmp_path)


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("arc-agi-1/data/training", (400, 1302, 416)),
        ("arc-agi-1/data/evaluation", (400, 1363, 419)),
        ("arc-agi-2/data/training", (1000, 3232, 1076)),
        ("arc-agi-2/data/evaluation", (120, 359, 167)),
        ("kaggle/arc-agi_evaluation_challenges.json", (400, 1363, 419)),
        ("kaggle/arc-agi_concept_challenges.json", (160, 427, 480)),
    ],
)
def test_the_public_sets(shared: Path, path: str, counts: tuple[int, int, int]) -> None:
    tasks = read_tasks(shared / "data" / "arc" / path)
    found = (len(tasks), sum(len(task.demonstrations) for task in tasks), sum(len(task.tests) for task in tasks))
    assert found == counts
    assert all(pair.output is not None for task in tasks for pair in task.tests)


def test_both_layouts_of_the_public_evaluation_set_agree(shared: Path) -> None:
    arc = shared / "data" / "arc"
    folder, kaggle = (
        read_tasks(arc / path) for path in ("arc-agi-1/data/evaluation", "kaggle/arc-agi_evaluation_challenges.json")
    )
    assert same(folder, kaggle)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_task_that_another_program_wrote(tmp_path: Path, encoding: str) -> None:
    pair = '{"input": [[1]], "output": [[2]]}'
    (tmp_path / "a.json").write_text(f'{{"train": [{pair}], "test": [{pair}]}}', encoding=encoding)
    assert [task.name for task in read_tasks(tmp_path)] == ["a"]


@pytest.mark.parametrize("name", ["../../x", "a/b", "..", "-", "a b", "x" * 101, "a\n"])
def test_names_that_no_task_may_have(name: str) -> None:
    with pytest.raises(InputError, match=r"here: .* cannot be the name of a task"):
        checked_name(name, "here")
    assert checked_name("007bbfb7", "here") == "007bbfb7"
