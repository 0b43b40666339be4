from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from arc_tasks import FALL, GROW, SWAP, make_task, settings_of, write_folder

from hrm.errors import InputError
from hrm.tasks.arc.split import ArcSplit, known_tasks, largest_side, longest_side, make_split, seen_answers


def split_of(folder: Path, *wanted: str, canvas: int = 30, skips_large: bool = False, **sets: Any) -> ArcSplit:
    paths = {"train": (), "test": (), **settings_of(folder, **sets)}
    return make_split(paths["train"], paths["test"], wanted, canvas, skips_large=skips_large)


def names(split: ArcSplit) -> tuple[str, ...]:
    return tuple(task.name for task in split.tasks)


def test_training_tasks_come_first_and_each_set_by_name(tmp_path: Path) -> None:
    split = split_of(tmp_path)
    assert names(split) == ("grow", "swap", "fall")
    assert [task.name for task in split.evaluation] == ["fall"]


def test_training_sees_all_of_its_tasks_and_the_demonstrations_of_the_others(tmp_path: Path) -> None:
    split = split_of(tmp_path)
    shown = [len(split.visible_pairs(index, demonstrations=True)) for index in range(3)]
    assert shown == [3, 4, 2]
    assert split.visible_pairs(2, demonstrations=True) == split.tasks[2].demonstrations
    assert split.visible_pairs(2, demonstrations=False) == ()


def test_wanted_tasks_alone(tmp_path: Path) -> None:
    assert names(split_of(tmp_path, "fall", "swap")) == ("swap", "fall")
    with pytest.raises(InputError, match=r"task\.tasks: jump, walk not found"):
        split_of(tmp_path, "walk", "fall", "jump")


def test_a_task_may_not_be_in_both_sets(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"1 of 2 evaluation tasks are training tasks too .first: swap.*ARC-AGI-2"):
        split_of(tmp_path, train=(SWAP, GROW), test=(FALL, SWAP))


def test_a_name_stands_once(tmp_path: Path) -> None:
    folders = (write_folder(tmp_path / "a", SWAP), write_folder(tmp_path / "b", SWAP))
    with pytest.raises(InputError, match=r"b/swap\.json: task swap is in .*a/swap\.json already"):
        make_split(folders, (), (), 30, skips_large=False)


def test_large_tasks_are_refused_or_left_out_and_counted(tmp_path: Path) -> None:
    large = make_task("large", [("1", "1")], [("11111", "1")])
    assert largest_side(large, with_test_outputs=True) == 5
    with pytest.raises(
        InputError, match=r"1 of 4 tasks have a grid larger than the canvas of 4 x 4 .first: .*large\.json"
    ):
        split_of(tmp_path, canvas=4, test=(FALL, large))
    split = split_of(tmp_path, canvas=4, test=(FALL, large), skips_large=True)
    assert names(split) == ("grow", "swap", "fall")
    assert split.left_out == ("large",)
    with pytest.raises(InputError, match="no task fits on a canvas of 1 x 1"):
        split_of(tmp_path, canvas=1, skips_large=True)


def test_answers_to_evaluation_tasks_do_not_decide_what_is_trained_on(tmp_path: Path) -> None:
    task = make_task("wide", [("1", "1")], [("1", "11111")])  # only the answer is larger than the canvas
    assert largest_side(task, with_test_outputs=False) == 1
    unanswered = make_task("wide", [("1", "1")], [("1", None)])
    for variant, folder in ((task, "with"), (unanswered, "without")):
        split = split_of(tmp_path / folder, canvas=4, test=(FALL, variant))
        assert names(split) == ("grow", "swap", "fall", "wide")


def test_training_tasks_need_their_answers(tmp_path: Path) -> None:
    open_task = make_task("open", [("1", "2")], [("3", None)])
    assert names(split_of(tmp_path / "fine", test=(open_task,))) == ("grow", "swap", "open")
    with pytest.raises(InputError, match=r"open\.json: test pair 1 has no output, and training tasks need one"):
        split_of(tmp_path, train=(open_task,))


def test_held_out_tasks_must_be_known(tmp_path: Path) -> None:
    split = split_of(tmp_path)
    assert [task.name for task in known_tasks(split, write_folder(tmp_path / "a", FALL))] == ["fall"]
    with pytest.raises(InputError, match="1 of 1 evaluation tasks are training tasks too"):
        known_tasks(split, write_folder(tmp_path / "b", SWAP))
    stranger = make_task("stranger", [("1", "2")], [("3", "4")])
    with pytest.raises(InputError, match=r"not trained with task stranger .* no puzzle id for it"):
        known_tasks(split, write_folder(tmp_path / "c", stranger))
    with pytest.raises(InputError, match=r"not the task that the model knows as fall: other pairs"):
        known_tasks(split, write_folder(tmp_path / "d", SWAP._replace(name="fall")))


def test_answers_may_come_later_and_tasks_that_are_too_large_stay_out(tmp_path: Path) -> None:
    unanswered = FALL._replace(tests=tuple(pair._replace(output=None) for pair in FALL.tests))
    large = make_task("large", [("1", "1")], [("11111", "1")])
    split = split_of(tmp_path, test=(unanswered, large), canvas=4, skips_large=True)
    (task,) = known_tasks(split, write_folder(tmp_path / "answers", FALL, large))
    assert all(pair.output is not None for pair in task.tests)


def test_answers_that_training_shows_under_another_name_are_told(tmp_path: Path) -> None:
    twin = make_task("twin", [("77", "7")], [("12", "21")])  # SWAP has this pair
    half = make_task("half", [("77", "7")], [("12", "12")])  # its input alone
    split = split_of(tmp_path, test=(FALL, twin, half))
    assert seen_answers(split, split.evaluation) == ("twin",)


def arc(shared: Path, *places: str) -> tuple[Path, ...]:
    return tuple(shared / "data" / "arc" / place for place in places)


ARC_1_TRAIN, ARC_1_TEST = "arc-agi-1/data/training", "arc-agi-1/data/evaluation"
ARC_2_TRAIN, ARC_2_TEST = "arc-agi-2/data/training", "arc-agi-2/data/evaluation"
CONCEPT = "kaggle/arc-agi_concept_challenges.json"


def test_the_papers_sets(shared: Path) -> None:
    arc_1 = make_split(arc(shared, ARC_1_TRAIN, CONCEPT), arc(shared, ARC_1_TEST), (), 30, skips_large=False)
    assert (len(arc_1.tasks), arc_1.num_train) == (960, 560)
    assert seen_answers(arc_1, arc_1.evaluation) == ("070dd51e",)
    arc_2 = make_split(arc(shared, ARC_2_TRAIN), arc(shared, ARC_2_TEST), (), 30, skips_large=False)
    assert (len(arc_2.tasks), arc_2.num_train) == (1120, 1000)
    assert seen_answers(arc_2, arc_2.evaluation) == ()


def test_arc_1_is_not_reported_from_a_model_trained_on_arc_2(shared: Path) -> None:
    with pytest.raises(InputError, match="376 of 400 evaluation tasks are training tasks too"):
        make_split(arc(shared, ARC_2_TRAIN), arc(shared, ARC_1_TEST), (), 30, skips_large=False)
    split = make_split(arc(shared, ARC_2_TRAIN), arc(shared, ARC_2_TEST), (), 30, skips_large=False)
    for place in (ARC_1_TEST, "kaggle/arc-agi_evaluation_challenges.json"):
        with pytest.raises(InputError, match="376 of 400 evaluation tasks are training tasks too"):
            known_tasks(split, arc(shared, place)[0])


def test_the_longest_side_does_not_depend_on_hidden_answers() -> None:
    wide = make_task("wide", [("12", "21")], [("1", "1234567")])
    assert longest_side(ArcSplit((SWAP, wide), num_train=1, left_out=())) == 3
    assert longest_side(ArcSplit((SWAP, wide), num_train=2, left_out=())) == 7
