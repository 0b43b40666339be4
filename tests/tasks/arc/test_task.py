from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from arc_tasks import FALL, GROW, SWAP, grid, make_task, settings_of, write_folder
from numpy.typing import NDArray

from hrm.config import from_dict, to_dict
from hrm.errors import InputError
from hrm.inference.attempts import settled_for
from hrm.inference.options import AttemptsConfig
from hrm.puzzles.arc.canvas import grid_on
from hrm.puzzles.arc.files import ArcTask
from hrm.puzzles.arc.variants import draw_variants, read_variant_name, undo
from hrm.tasks import TASKS
from hrm.tasks.arc import Arc, ArcConfig
from hrm.tasks.base import Task, required_text
from hrm.types import IGNORE_LABEL, Batch

CANVAS = 6


@pytest.fixture
def task(tmp_path: Path) -> Arc:
    return build(tmp_path)


def build(folder: Path, **settings: Any) -> Arc:
    sets = {key: settings.pop(key) for key in ("train", "test") if key in settings}
    settings = {"canvas": CANVAS, "num_augmentations": 30, **settings}
    return ArcConfig(**settings_of(folder, **sets), **settings).build()


def equal(one: Batch, other: Batch) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def shown(task: Arc, tokens: NDArray[np.integer], puzzle_id: int) -> str:
    """The grid on a canvas, moved back by what the puzzle id stands for."""
    index, k = divmod(puzzle_id - 1, 31)
    variants = task.variants[index]
    colours = grid_on(tokens, CANVAS).astype(np.uint8)
    return str(undo(colours, int(variants.moves[k]), variants.colours[k]).tolist())


def test_the_spec(task: Arc) -> None:
    checked: Task = task
    spec = checked.spec
    assert (spec.vocab_size, spec.seq_len, spec.grid_shape) == (12, 36, (6, 6))
    assert spec.num_puzzles == 1 + 3 * 31
    assert len(spec.symbols) == 12
    assert spec.symbols[2:] == tuple("0123456789")
    assert task.rules is None


def test_building_reads_nothing() -> None:
    task = ArcConfig(train=(Path("none"),)).build()
    with pytest.raises(InputError, match="none: no such file or folder"):
        _ = task.spec


def test_the_configuration_survives_json(task: Arc) -> None:
    written = json.loads(json.dumps(to_dict(task.config)))
    assert from_dict(TASKS["arc"], written) == task.config


def test_training_batches_show_pairs_of_the_tasks_they_name(task: Arc) -> None:
    allowed = {
        0: {(str(p.input.tolist()), str(p.output.tolist())) for p in GROW.demonstrations + GROW.tests},
        1: {(str(p.input.tolist()), str(p.output.tolist())) for p in SWAP.demonstrations + SWAP.tests},
        2: {(str(p.input.tolist()), str(p.output.tolist())) for p in FALL.demonstrations},
    }
    seen: dict[int, set[tuple[str, str]]] = {0: set(), 1: set(), 2: set()}
    ids = set()
    for step in range(20):
        batch = task.train_batch(step, 25, seed=0)
        assert all(part.dtype == torch.int64 for part in batch)
        for inputs, labels, puzzle_id in zip(*(part.numpy() for part in batch), strict=True):
            pair = shown(task, inputs, puzzle_id), shown(task, labels, puzzle_id)
            seen[(puzzle_id - 1) // 31].add(pair)
            ids.add(int(puzzle_id))
    assert seen == allowed, "all that training may see, and nothing else"
    assert len(ids) > 60
    assert min(ids) >= 1
    assert max(ids) < task.spec.num_puzzles


def test_a_batch_is_a_function_of_its_arguments(task: Arc, tmp_path: Path) -> None:
    batch = task.train_batch(3, 40, seed=5)
    assert equal(batch, build(tmp_path).train_batch(3, 40, seed=5))
    assert not equal(batch, task.train_batch(4, 40, seed=5))
    assert not equal(batch, task.train_batch(3, 40, seed=6))


def test_one_pair_of_a_visit_stays_in_the_corner(tmp_path: Path) -> None:
    task = build(tmp_path, train=(SWAP,), test=(), num_augmentations=0)
    corners = 0
    for visit in range(200):
        inputs = task.train_batch(visit, 4, seed=0).inputs.numpy().reshape(4, CANVAS, CANVAS)
        in_corner = inputs[:, 0, 0] >= 2
        assert in_corner.any()
        corners += int(in_corner.sum())
    assert corners < 400, "the others stand anywhere"


def spoiled(task: ArcTask) -> ArcTask:
    return task._replace(tests=tuple(pair._replace(output=grid("999")) for pair in task.tests))


def test_test_outputs_are_out_of_reach_of_training(tmp_path: Path) -> None:
    """Whatever the answers of evaluation tasks are, known or not, training sees the very same rows."""
    unanswered = FALL._replace(tests=tuple(pair._replace(output=None) for pair in FALL.tests))
    one, *others = (
        build(tmp_path / str(number), test=(test,)) for number, test in enumerate((FALL, spoiled(FALL), unanswered))
    )
    for other in others:
        assert all(equal(one.train_batch(step, 64, 0), other.train_batch(step, 64, 0)) for step in range(5))
        for mine, theirs in zip(one.groups("train"), other.groups("train"), strict=True):
            assert [(p.name, p.inputs.tolist(), p.labels.tolist()) for p in mine] == [
                (p.name, p.inputs.tolist(), p.labels.tolist()) for p in theirs
            ]
    assert not equal(next(one.eval_batches(99)), next(others[0].eval_batches(99)))


def test_evaluation_shows_all_test_inputs_under_one_variant_after_the_other(task: Arc) -> None:
    batches = list(task.eval_batches(7))
    inputs, labels, ids = (np.concatenate([getattr(b, key).numpy() for b in batches]) for key in Batch._fields)
    assert len(inputs) == 2 * 31
    assert ids.tolist() == [1 + 2 * 31 + k for k in range(31) for _ in range(2)]
    for row, (tokens, label, puzzle_id) in enumerate(zip(inputs, labels, ids, strict=True)):
        pair = FALL.tests[row % 2]
        assert pair.output is not None
        assert shown(task, tokens, puzzle_id) == str(pair.input.tolist())
        assert shown(task, label, puzzle_id) == str(pair.output.tolist())
        assert tokens[0] >= 2, "in the corner"


def test_without_demonstrations_evaluation_tasks_are_never_trained_on(tmp_path: Path) -> None:
    task = build(tmp_path, train_on_demonstrations=False)
    ids = np.concatenate([task.train_batch(step, 50, 0).puzzle_ids.numpy() for step in range(5)])
    assert ids.max() <= 2 * 31
    assert task.spec.num_puzzles == 1 + 3 * 31
    assert len(list(task.groups("train"))) == 2
    nothing = build(tmp_path / "nothing", train=(), train_on_demonstrations=False)
    with pytest.raises(InputError, match="nothing to train on"):
        nothing.train_batch(0, 1, 0)
    with pytest.raises(InputError, match="no evaluation tasks: name folders"):
        next(build(tmp_path / "train", test=()).eval_batches(1))


def test_groups_are_tasks_with_their_variants(task: Arc) -> None:
    groups = list(task.groups("train"))
    assert [group[0].name for group in groups] == ["grow", "swap", "fall"]
    for index, (group, base) in enumerate(zip(groups, (GROW, SWAP, FALL), strict=True)):
        assert [puzzle.puzzle_id for puzzle in group] == [1 + 31 * index + k for k in range(31)]
        assert [read_variant_name(puzzle.name)[0] for puzzle in group] == [base.name] * 31
        for puzzle in group:
            in_corner = [tokens.reshape(CANVAS, CANVAS)[0, 0] >= 2 for tokens in puzzle.inputs]
            assert any(in_corner)
            assert shown(task, puzzle.inputs[0], puzzle.puzzle_id) == str(base.demonstrations[0].input.tolist())
    (tests,) = task.groups("test")
    assert [puzzle.puzzle_id for puzzle in tests] == [1 + 62 + k for k in range(31)]
    first = next(task.eval_batches(2))
    assert tests[0].inputs.tolist() == first.inputs.tolist()
    assert tests[0].labels.tolist() == first.labels.tolist()


def test_groups_of_more_variants_than_fit_in_a_chunk(tmp_path: Path) -> None:
    task = build(tmp_path, num_augmentations=150)
    (*_, fall) = task.groups("train")
    assert len({puzzle.name for puzzle in fall}) == len(fall) == 151
    again = list(task.groups("train"))[-1]
    assert all((one.inputs == other.inputs).all() for one, other in zip(fall, again, strict=True))


def answers_of(task: Arc, num: int) -> NDArray[np.int64]:
    """The labels as a model would answer them."""
    labels = np.concatenate([batch.labels.numpy() for batch in task.eval_batches(5)])[:num]
    return np.where(labels == IGNORE_LABEL, 0, labels)


def test_right_answers_score_one_and_wrong_ones_nothing(task: Arc) -> None:
    answers = answers_of(task, 62)
    scores = task.scores(answers.astype(np.uint8), np.full(62, 0.5))
    assert scores.figures["all_test_inputs"]["pass@1"] == 1
    assert scores.figures["votes"] == 31
    submitted = json.loads(dict(scores.files)["submission.json"])
    assert [attempts["attempt_1"] for attempts in submitted["fall"]] == [p.output.tolist() for p in FALL.tests]
    wrong = task.scores(np.full_like(answers, 2), np.full(62, 0.5)).figures
    assert wrong["mean_over_test_inputs"]["pass@1000"] == 0
    assert task.scores(answers, np.full(62, 0.5)).figures == scores.figures, "no memory"


def test_a_limit_gives_fewer_votes_on_every_task(task: Arc) -> None:
    answers = answers_of(task, 7)
    answers[1] = 0  # the vote on the second test input of the task as it is
    figures = task.scores(answers, np.full(7, 0.5)).figures
    assert figures["votes"] == 4
    assert [row["votes"] for row in figures["by_votes"]] == [1, 2, 4]
    assert [row["mean_over_test_inputs"]["pass@1"] for row in figures["by_votes"]] == [0.5, 0.5, 1]
    assert task.scores(answers[:1], np.full(1, 0.5)).figures["tasks"] == 0, "half a task is none"
    assert task.scores(answers[:0], np.zeros(0)).figures["tasks"] == 0


def test_answers_that_training_shows_are_told(tmp_path: Path) -> None:
    twin = make_task("twin", [("77", "7")], [("12", "21")])
    task = build(tmp_path, test=(twin,))
    assert task.scores(answers_of(task, 9), np.full(9, 0.5)).figures["answers_in_training"] == ["twin"]


def test_held_out_tasks_keep_their_ids(tmp_path: Path) -> None:
    other = make_task("other", [("12", "11")], [("34", "33")])
    task = build(tmp_path, test=(FALL, other))
    held_out = task.with_test(write_folder(tmp_path / "held_out", other))
    assert held_out.spec == task.spec
    batch = next(held_out.eval_batches(1))
    everything = next(task.eval_batches(3))
    assert batch.puzzle_ids.item() == everything.puzzle_ids[2].item()
    assert torch.equal(batch.inputs[0], everything.inputs[2])
    with pytest.raises(InputError, match="training tasks too"):
        next(task.with_test(write_folder(tmp_path / "leak", SWAP)).eval_batches(1))


def test_keys_and_problems_of_stored_pairs(task: Arc) -> None:
    first, second, third = task.groups("train")
    keys = [
        {task.symmetries.keys(puzzle.inputs[:1], puzzle.labels[:1])[0] for puzzle in group}
        for group in (first, second, third)
    ]
    assert [len(group) for group in keys] == [1, 1, 1], "offset, move and colours change nothing"
    assert len(set.union(*keys)) == 3
    inputs, labels = first[0].inputs[0], first[0].labels[0]
    drawn = task.symmetries.draw(3, np.random.default_rng(0))
    assert (drawn.apply(np.stack([inputs] * 3)) != inputs).any()
    labels = np.where(labels == IGNORE_LABEL, 0, labels)
    recoloured = task.symmetries.keys(drawn.apply(np.stack([inputs] * 3)), drawn.apply(np.stack([labels] * 3)))
    assert set(recoloured) == keys[0]


def test_what_arc_cannot_do(task: Arc) -> None:
    assert task.rules is None
    with pytest.raises(InputError, match=r"cannot be typed in.*hrm eval"):
        required_text(task)
    with pytest.raises(InputError, match=r"told apart by ids.*hrm eval"):
        settled_for(AttemptsConfig(attempts=2), task)


def test_a_pair_is_drawn(task: Arc) -> None:
    batch = next(task.eval_batches(1))
    assert "->" in task.render(batch.inputs[0].numpy(), batch.labels[0].numpy())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "no data: name folders of task files"),
        ({"train": (Path("a"),), "canvas": 31}, "canvas is 31: it must be from 1 to 30"),
        ({"train": (Path("a"),), "canvas": 0}, "canvas is 0"),
        ({"train": (Path("a"),), "num_augmentations": -1}, "num_augmentations is -1: it must be at least 0"),
        ({"train": (Path("a"),), "data_seed": -1}, "data_seed is -1"),
    ],
)
def test_settings_that_cannot_work_are_input_errors(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ArcConfig(**settings).build()


def test_too_large_tasks_are_told_with_the_scores(tmp_path: Path) -> None:
    large = make_task("large", [("1", "1")], [("1111111", "1")])
    task = build(tmp_path, test=(FALL, large), too_large="skip")
    scores = task.scores(answers_of(task, 62), np.full(62, 0.5))
    assert scores.figures["too_large"] == ["large"]
    assert "1 more tasks are too large" in scores.tables[0].title


def test_an_answer_larger_than_the_canvas_has_no_label_and_cannot_be_given(tmp_path: Path) -> None:
    wide = make_task("wide", [("1", "2")], [("1", "1111111")])
    task = build(tmp_path, test=(wide,), num_augmentations=0)
    (batch,) = task.eval_batches(10)
    assert (batch.labels == IGNORE_LABEL).all()
    scores = task.scores(np.full((1, CANVAS**2), 3), np.ones(1))
    assert scores.figures["tasks"] == 1
    assert scores.figures["all_test_inputs"]["pass@1000"] == 0


def test_no_tasks_are_held_out_by_themselves(task: Arc) -> None:
    with pytest.raises(InputError, match="no ARC tasks are held out by themselves"):
        task.split_validation(1)


def test_puzzle_ids_mean_what_they_meant_to_models_that_exist(task: Arc) -> None:
    for one, variants in zip(task.split.tasks, task.variants, strict=True):
        words = [6, task.config.data_seed, zlib.crc32(one.name.encode())]
        expected = draw_variants(one, task.config.num_augmentations, np.random.default_rng(words))
        assert (variants.moves == expected.moves).all()
        assert (variants.colours == expected.colours).all()
