from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.llm.questions import EXAMPLES, Questions, digest_of, held_out_digest, judge_for, questions_of
from hrm.llm.written import in_a_line, write
from hrm.tasks import TASKS, TaskConfig
from hrm.tasks.arc import ArcConfig
from hrm.tasks.grid import GridConfig
from hrm.tasks.gym import GymConfig
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig


@pytest.mark.parametrize("config", [SudokuConfig(size=4, num_test=30), MazeConfig(size=7, kind="perfect", num_test=30)])
def test_questions_are_the_held_out_puzzles_in_order(config: TaskConfig) -> None:
    found = questions_of(config)
    task = config.build()
    batch = next(iter(task.eval_batches(100)))
    assert len(found.all) == len(batch.inputs) == 30
    for question, inputs, labels in zip(found.all, batch.inputs.numpy(), batch.labels.numpy(), strict=True):
        judge = judge_for(found.task, question.question, question.label)
        assert judge(question.label).solved
        assert question.question == in_a_line(task.spec, inputs)
        assert question.label == write(task.spec, labels)
        assert question.prompt.endswith(write(task.spec, inputs))
    assert found.digest == held_out_digest(task)
    assert questions_of(config, limit=7).all == found.all[:7]
    assert questions_of(config, limit=7).digest == held_out_digest(task, 7) != found.digest


def test_the_example_is_no_held_out_puzzle_and_is_solved() -> None:
    config = SudokuConfig(size=4, num_test=200)
    found = questions_of(config)
    shown, answered = found.all[0].prompt.split("An example:\n\n")[1].split("\n\nIts answer:\n\n<answer>\n")
    line = shown.replace("\n", "")
    assert line not in {question.question for question in found.all}
    assert judge_for(found.task, line, "")(answered.split("\n</answer>")[0]).solved


def test_a_file_of_ones_own_is_asked_whole(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    questions = ["12..34..2.4.4...", "1234341221434..."]
    file.write_text(
        "question,answer,rating\n" + "".join(f"{q},1234341221434321,{i}\n" for i, q in enumerate(questions))
    )
    found = questions_of(SudokuConfig(size=4), data=file)
    assert [question.question for question in found.all] == questions
    assert [question.rating for question in found.all] == [0, 1]
    assert [question.name for question in found.all] == ["0", "1"]
    json.dumps(found.task)  # goes into a log


def test_pairs_show_more_examples_and_have_no_rules(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    pairs = [{"input": [[a, b, c]], "output": [[c, b, a]]} for a in (1, 2, 3) for b in (1, 2, 3) for c in (1, 2, 3)]
    file.write_text("\n".join(map(json.dumps, pairs)))
    found = questions_of(GridConfig(data=file, held_out_share=0.2), rule="Turn it around.")
    assert found.all[0].prompt.count("<answer>\n") == EXAMPLES
    judge = judge_for(found.task, found.all[0].question, found.all[0].label)
    file.unlink()  # a log is judged where the data are not
    assert judge(found.all[0].label).solved
    assert judge(found.all[0].label.translate(str.maketrans("123", "231"))).kind == "wrong"


def test_arc_is_asked_by_test_input(shared: Path) -> None:
    folder = shared / "data/arc/arc-agi-1/data/evaluation"
    found = questions_of(ArcConfig(test=(folder,)), limit=5)
    assert found.attempts == 2
    assert len({question.puzzle for question in found.all}) == 5
    for question in found.all:
        assert judge_for(found.task, question.question, question.label)(question.label).solved
    assert len(questions_of(ArcConfig(), data=folder / "00576224.json").all) == 1


@pytest.mark.parametrize("name", ["lights-out", "futoshiki", "queens", "hitori", "delivery"])
def test_families_are_asked_with_their_rules_and_an_example_of_their_own_settings(name: str) -> None:
    config = TASKS[name](num_test=2, size=5)
    found = questions_of(config)
    assert len(found.all) == 2
    for one in found.all:
        assert one.prompt.startswith(f"{config.build().statement}\n\n")
        assert one.prompt.count("An example:") == 1
        assert judge_for(found.task, one.question, one.label)(one.label).solved
    assert found.digest == held_out_digest(config.build())


def test_reasoning_gym_asks_in_its_own_words() -> None:
    pytest.importorskip("reasoning_gym", reason="reasoning-gym is the extra 'gym': pip install 'hrm-lab[gym]'")
    config = GymConfig(dataset="gcd", num_train=30, num_test=4)
    found = questions_of(config)
    task = config.build()
    for one, entry in zip(found.all, task.test_entries, strict=True):
        assert one.prompt.endswith(entry.question)
        assert one.prompt.count("<answer>\n") == 1
        judge = judge_for(json.loads(json.dumps(found.task)), one.question, one.label)
        assert judge(entry.answer).solved
        assert judge("-1").kind == "wrong"
    assert found.digest == held_out_digest(task)
    assert held_out_digest(task, 2) == questions_of(config, limit=2).digest != found.digest
    assert "example" not in questions_of(config, examples=0).all[0].prompt
    with pytest.raises(InputError, match="from the library alone"):
        questions_of(config, data=Path("mine.csv"))


def test_a_data_set_that_no_model_of_ours_has_positions_for_can_be_asked() -> None:
    pytest.importorskip("reasoning_gym", reason="reasoning-gym is the extra 'gym': pip install 'hrm-lab[gym]'")
    config = GymConfig(dataset="gcd", num_train=3, num_test=3, max_question=1)
    with pytest.raises(InputError, match="max_question"):
        config.build()
    assert len(questions_of(config).all) == 3


def test_a_digest_is_of_a_set() -> None:
    assert digest_of(["a", "b"]) == digest_of(["b", "a", "a"]) != digest_of(["a"])
    some = [f"{number}" for number in np.arange(5)]
    assert len(digest_of(some)) == 12


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: questions_of(SudokuConfig(size=4), limit=0), "limit is 0"),
        (lambda: questions_of(SudokuConfig(size=4), examples=-1), "examples is -1"),
        (lambda: questions_of(SudokuConfig(size=4), data=Path("nowhere.csv")), "nowhere.csv: no such file"),
        (lambda: judge_for({"name": "chess"}, "", ""), "unknown task 'chess'"),
        (lambda: judge_for({}, "", ""), "unknown task ''"),
    ],
)
def test_what_cannot_be_asked_is_told(make: object, told: str) -> None:
    with pytest.raises(InputError, match=told):
        make()  # type: ignore[operator]


def test_an_empty_set_has_a_digest_of_its_own() -> None:
    assert Questions({}, ()).digest != digest_of(["a"])
