"""Runs on ARC-AGI."""

from __future__ import annotations

from pathlib import Path

from hrm.models.hrm import HRMConfig
from hrm.runtime import RuntimeConfig
from hrm.tasks.arc import ArcConfig
from hrm.training.folder import RunConfig
from hrm.training.loop import TrainingConfig

ARC_1, ARC_2 = Path("data/arc-agi-1/data"), Path("data/arc-agi-2/data")
"""Clones of fchollet/ARC-AGI and arcprize/ARC-AGI-2."""

DEMO_TRAINING = (
    "3c9b0459", "6150a2bd", "74dd1130", "67e8384a", "6d0aefbc", "c9e6f938", "62c24649", "8be77c9e",
)  # fmt: skip
DEMO_EVALUATION = ("66e6c45b", "ca8de6ea", "e633a9e5", "68b67ca3", "6ea4a07e", "ed98d772", "00576224", "31d5ba1a")
"""Tasks of ARC-AGI-1 with grids of at most 6 x 6 whose rules are about where cells go. Chosen for that, by looking at the
grids: what is solved of them says nothing about the whole set."""


def arc_demo() -> RunConfig:
    """A handful of ARC-AGI-1 tasks on a canvas of 6 x 6, in about five minutes on 2 cores. Give --task.train, --task.test."""
    return RunConfig(
        recipe="arc-demo",
        task=ArcConfig(
            train=(ARC_1 / "training",),
            test=(ARC_1 / "evaluation",),
            tasks=DEMO_TRAINING + DEMO_EVALUATION,
            canvas=6,
            num_augmentations=100,
        ),
        model=HRMConfig(
            hidden_size=128,
            num_heads=4,
            expansion=2.0,
            H_layers=1,
            L_layers=1,
            puzzle_embedding_size=128,
        ),
        training=TrainingConfig(
            steps=4000,
            batch_size=64,
            lr=2e-3,
            weight_decay=0.1,
            puzzle_lr=1e-2,
            puzzle_weight_decay=0.1,
            warmup_steps=100,
            lr_min_ratio=0.1,
            max_segments=4,
            ema_decay=0.99,
        ),
        runtime=RuntimeConfig(compile="auto"),
    )
