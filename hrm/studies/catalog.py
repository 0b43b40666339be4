"""The studies: the ARC Prize team's questions (arcprize.org/blog/hrm-analysis) and those of the papers, at a scale of
minutes. A study is one short function; its first line is the question.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import torch

from hrm.models import same_size_as
from hrm.models.base import Reasoner
from hrm.models.gradient import GradientRule
from hrm.models.hrm import HRMConfig
from hrm.models.trm import TRMConfig
from hrm.nn.embedding import PuzzleEmbedding
from hrm.recipes.arc import arc_demo
from hrm.recipes.sudoku import (
    LAPTOP_MODEL,
    sudoku_demo,
    sudoku_demo_trm,
    sudoku_hard,
    sudoku_hard_lattice,
    sudoku_hard_trm,
)
from hrm.runtime import RuntimeConfig
from hrm.studies.study import Change, Study, as_trained, at_equal_operations, both, model, task, training
from hrm.tasks.sudoku import SudokuConfig
from hrm.training.config import RunConfig
from hrm.training.settings import TrainingConfig


def small_sudoku() -> RunConfig:
    """The run of most studies: 6 x 6 Sudokus with few givens, a model of two blocks, a minute or two of one core."""
    return RunConfig(
        recipe="study",
        task=SudokuConfig(size=6, num_train=1000, num_test=400, givens=(10, 14)),
        model=LAPTOP_MODEL,
        training=TrainingConfig(  # chosen by hand for short runs; no search of these is on record
            steps=300,
            batch_size=32,
            lr=3e-3,
            weight_decay=1.0,
            warmup_steps=50,
            lr_min_ratio=0.1,
            max_segments=2,
            continue_share=0.25,
            ema_decay=0.98,
            report_every=50,
            save_every=250,
        ),
        runtime=RuntimeConfig(device="cpu"),
    )


def outer_loop() -> Study:
    """How much does the outer loop bring, in training and when solving?"""
    # At equal optimizer steps a model that thinks longer in training sees fewer puzzles; so two models of short loops
    # are trained on as many puzzles as the one of 8 segments gets through, too.
    equal_steps = {f"trained with {M}": training(max_segments=M) for M in (1, 2, 4, 8, 16)}
    equal_puzzles = {
        f"trained with {M}, as many puzzles as with 8": training(max_segments=M, steps=steps)
        for M, steps in ((1, 85), (2, 170))
    }
    return Study(
        question=question(outer_loop),
        recipe=training(steps=500)(small_sudoku()),
        axes={"segments in training": {**equal_steps, **equal_puzzles}},
    )


def curriculum() -> Study:
    """Do short loops first and long ones later teach more than one length all along?"""
    lengths = {"2": ((), 2), "16": ((), 16), "2, then 16": ((2,), 16), "2, 4, 8, 16": ((2, 4, 8), 16)}
    return Study(
        question=question(curriculum),
        recipe=training(steps=500)(small_sudoku()),
        axes={
            "segments in training": {
                label: training(early_max_segments=early, max_segments=last) for label, (early, last) in lengths.items()
            }
        },
    )


def architecture() -> Study:
    """Does the hierarchy matter, or does any recurrent network of its size do as well?"""
    # Sizes: 2 blocks; arithmetic: the 6 blocks that a segment of HRM with N = T = 2 and a block a level runs. All learn
    # q_halt alone, so that the halting is the same; the gradient is named, for it alone may decide.

    def stands_in(name: str, **settings: Any) -> Change:
        def change(config: RunConfig) -> RunConfig:
            return replace(config, model=replace(same_size_as(config.model, name), has_q_continue=False, **settings))

        return change

    direct = training(max_segments=1)
    return Study(
        question=question(architecture),
        recipe=small_sudoku(),
        axes={
            "model (blocks, runs of a block in a segment)": {
                "hrm, one step (2, 6)": model(has_q_continue=False),
                "hrm, bptt (2, 6)": model(has_q_continue=False, gradient="bptt"),
                "trm, bptt (2, 6)": stands_in("trm", L_layers=2, H_cycles=1, L_cycles=2),
                "universal transformer, bptt (2, 6)": stands_in("universal", H_layers=2, H_cycles=3),
                "recurrent net, one step (2, 6)": stands_in("recurrent", H_layers=2, H_cycles=3),
                "ACT transformer, equal parameters (2, 2)": stands_in("transformer", H_layers=2),
                "ACT transformer, equal FLOPs (6, 6)": stands_in("transformer", H_layers=6),
                "direct, equal parameters (2, 2)": both(stands_in("direct", H_layers=2), direct),
                "direct, equal FLOPs (6, 6)": both(stands_in("direct", H_layers=6), direct),
            }
        },
    )


def gradient() -> Study:
    """Which updates of a segment has the gradient to see?"""
    return Study(
        question=question(gradient),
        recipe=small_sudoku(),
        axes={
            "gradient": {
                "one step": model(gradient="one_step"),
                "last round": model(gradient="last_round"),
                "last 4 updates": model(gradient="last_k", gradient_k=4),
                "Neumann, 3 terms": model(gradient="neumann", gradient_k=3),
                "all updates (BPTT)": model(gradient="bptt"),
            }
        },
    )


def networks() -> Study:
    """One network for both states (TRM) or two (HRM), and which gradient?"""
    # The same updates in the same order, q_halt alone, blocks without a place for a puzzle id; one network has half the
    # parameters. 2,000 steps: most of it is learned by 1,000 (docs/findings.md).
    recipe = training(steps=2_000, warmup_steps=100, save_every=500, keep_checkpoints=0)(small_sudoku())
    return one_or_two(networks, recipe, ("one_step", "last_round", "bptt"), blocks=1, N=2, T=2)


def networks_9x9() -> Study:
    """One network for both states or two, and which gradient, on 9 x 9?"""
    recipe = replace(sudoku_demo_trm(), recipe="study")  # N = 1: the last round is all updates
    return one_or_two(networks_9x9, recipe, ("one_step", "bptt"), blocks=2, N=1, T=2)


GRADIENTS: dict[GradientRule, str] = {"one_step": "one step", "last_round": "last round", "bptt": "all updates"}


def one_or_two(
    study: object, recipe: RunConfig, gradients: tuple[GradientRule, ...], *, blocks: int, N: int, T: int
) -> Study:
    """A study of HRM (two networks of ``blocks`` blocks) and TRM (one), all else held equal."""

    shape = same_size_as(recipe.model, "hrm")

    def of(other: HRMConfig | TRMConfig) -> Change:
        return lambda config: replace(config, model=replace(other, has_q_continue=False, H_cycles=N, L_cycles=T))

    two = replace(cast(HRMConfig, shape), H_layers=blocks, L_layers=blocks)
    one = replace(cast(TRMConfig, same_size_as(shape, "trm")), L_layers=blocks)
    return Study(
        question=question(study),
        recipe=recipe,
        axes={
            "networks": {"two networks": of(two), "one network": of(one)},
            "gradient": {GRADIENTS[rule]: model(gradient=rule) for rule in gradients},
        },
    )


def act() -> Study:
    """What does learning when to stop cost or bring, against thinking for a fixed number of segments?"""
    return Study(
        question=question(act),
        recipe=small_sudoku(),
        axes={
            "halting": {
                "ACT, q_halt and q_continue": model(),
                "ACT, q_halt alone": model(has_q_continue=False),
                "fixed number of segments": training(act=False),
            }
        },
        seeds=(0,),
    )


def augmentation() -> Study:
    """How many augmented copies of 100 puzzles, and of 1,000, are enough?"""
    # 100 as well as the paper's 1,000: so that in so short a run every puzzle comes up about 50 times. Those of 1,000
    # train for five times as long and come up about 25 times.
    copies = {"none": 0, "10 copies": 10, "100 copies": 100, "a fresh one every time": None}

    def of_1000(config: RunConfig) -> RunConfig:
        return both(task(num_train=1000), training(steps=5 * config.training.steps))(config)

    return Study(
        question=question(augmentation),
        recipe=small_sudoku(),
        axes={
            "puzzles": {"100 puzzles": task(num_train=100), "1,000 puzzles": of_1000},
            "copies": {label: task(num_copies=num) for label, num in copies.items()},
        },
    )


def cycles() -> Study:
    """How many cycles N of how many steps T?"""
    pairs = ((1, 1), (1, 2), (2, 2), (1, 4), (3, 3))
    return Study(
        question=question(cycles),
        recipe=small_sudoku(),
        axes={"cycles": {f"N {N}, T {T}": model(H_cycles=N, L_cycles=T) for N, T in pairs}},
        seeds=(0,),
    )


def ema() -> Study:
    """What does averaging the weights bring?"""
    return Study(
        question=question(ema),
        recipe=small_sudoku(),
        axes={"average": {f"{decay or 'none'}": training(ema_decay=decay) for decay in (0.0, 0.9, 0.98, 0.995)}},
        seeds=(0,),
    )


def hard() -> Study:
    """What brings most on 1,000 hard Sudokus, at equal arithmetic in training? (--data TRAIN TEST)"""
    recipe = sudoku_hard_trm()
    # Every puzzle is for training: nothing is chosen here. Steps: 1.0e15 operations a run.
    recipe = replace(recipe, recipe="study", training=replace(recipe.training, steps=6_800, validate_every=0))

    def of(other: RunConfig) -> Change:
        return lambda config: replace(config, model=other.model, training=replace(other.training, validate_every=0))

    levers = {
        "TRM": model(),
        "TRM, no easier copies": task(easier_givens=None),
        "TRM, Adam-atan2, decay 1": training(optimizer="adam_atan2", weight_decay=1.0),
        "TRM, gradient through one step": model(gradient="one_step"),
        "TRM, 16 segments all along": training(early_max_segments=()),
        "TRM, N 3, T 6": model(H_cycles=3, L_cycles=6),
        "HRM": lambda config: replace(config, model=sudoku_demo().model),
        "digit-equivariant": of(sudoku_hard()),
        "lattice": of(sudoku_hard_lattice()),
    }
    return Study(
        question=question(hard),
        recipe=recipe,
        axes={"model": {label: at_equal_operations(change) for label, change in levers.items()}},
        seeds=(0,),
        segments=(1, 4, 16, 64),
    )


def puzzle_id() -> Study:
    """Does the model know what to do from anything but the id of the task? (ARC-AGI-1; hrm data fetch arc-1)"""
    recipe = arc_demo()
    return Study(
        question=question(puzzle_id),
        recipe=replace(recipe, recipe="study", training=replace(recipe.training, steps=4000)),
        axes={"": {"twelve tasks": model()}},
        seeds=(0,),
        segments=(1, 2),
        readings={"id given": as_trained, "id blanked": blank_ids},
    )


def blank_ids(trained: Reasoner) -> None:
    """Every puzzle id means the same: its embedding is zero."""
    for module in trained.modules():
        if isinstance(module, PuzzleEmbedding):
            torch.nn.init.zeros_(module.weight)


def question(study: object) -> str:
    return str(study.__doc__).strip().splitlines()[0]
