"""What many tests share: where the reference material lies, and small configurations."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import programs
import pytest

from hrm.models.hrm import HRMConfig
from hrm.runtime import RuntimeConfig
from hrm.tasks.sudoku import SudokuConfig
from hrm.training.config import RunConfig
from hrm.training.settings import TrainingConfig

REPOSITORY = Path(__file__).parent.parent

os.environ.setdefault("HRM_TRACEBACK", "1")  # what the program does not expect fails the test, in processes of its too


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # begun in the background, whose processes ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """The modules and tests stay until the end: Python need not look through a million objects for what it can free."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the tests keep between them is kept for this run of them, by all of its processes."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HRM_CACHE", str(of_all(tmp_path_factory) / "cache"))
        yield


def of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this call of pytest see."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The beginning of a command: ``hrm`` in a process of its own that has torch already (``programs.ready``)."""
    first = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return programs.ready(str(of_all(tmp_path_factory)), first)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference numbers and data; tests that need it are skipped where it is missing."""
    folder = Path(os.environ.get("HRM_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no reference material at {folder} (set HRM_SHARED)")
    return folder


@pytest.fixture
def tiny_run() -> RunConfig:
    """``tiny_config``."""
    return tiny_config()


def tiny_config() -> RunConfig:
    """A run that trains in a blink: 4x4 boards, a model of width 16."""
    return RunConfig(
        recipe="tiny",
        seed=3,
        task=SudokuConfig(size=4, num_train=20, num_test=12),
        model=HRMConfig(
            hidden_size=16,
            num_heads=2,
            expansion=1.0,
            H_layers=1,
            L_layers=1,
            mixing="mlp",
            positions="none",
            puzzle_embedding_size=8,
        ),
        training=TrainingConfig(
            steps=12,
            batch_size=8,
            lr=1e-2,
            weight_decay=0.1,
            warmup_steps=2,
            max_segments=4,
            exploration_prob=0.5,
            ema_decay=0.9,
            report_every=3,
            save_every=6,
        ),
        runtime=RuntimeConfig(device="cpu", precision="float32"),
    )


@pytest.fixture(scope="session")
def log_4x4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``inspected.log_of_20``; tests that need it are skipped without Inspect."""
    from inspected import log_of_20, needs_inspect

    needs_inspect()
    return log_of_20(tmp_path_factory.mktemp("inspect"))
