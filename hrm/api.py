"""A trained model with its task: what ``hrm.load`` returns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrm.inference.options import HaltRule
from hrm.inference.solver import Puzzles, Solution, Solver, make_solver
from hrm.runtime import Runtime
from hrm.store import hub
from hrm.store.folder import LoadedModel, load_model
from hrm.store.locate import DEFAULT_MODEL
from hrm.store.quantize import Precision


@dataclass(frozen=True)
class PuzzleModel:
    """A trained model with its task, ready to be used."""

    loaded: LoadedModel

    def solver(
        self, *, halt: HaltRule | None = None, num_slots: int = 64, runtime: Runtime | None = None, **options: Any
    ) -> Solver:
        """A ``Solver``. halt: rules when None, q where the task has none to check; max_segments: four times that of
        training when not given. The options are the fields of ``HaltPolicy`` and ``AttemptsConfig``:
        ``solver(halt="q", max_segments=64, attempts=8, choose="verify")``.

        Raises ``InputError`` for values that cannot be, ``TypeError`` for names that do not exist.
        """
        return make_solver(self.loaded, halt=halt, num_slots=num_slots, runtime=runtime, **options)

    def solve(self, puzzles: Puzzles) -> list[Solution]:
        """Answers with the default options. A puzzle is a text, rows of cells, or all cells; or give a list or an array
        of several (``Solver.solve``). Raises ``InputError`` for anything else."""
        return self.solver().solve(puzzles)

    @staticmethod
    def from_pretrained(name: str | Path, **options: Any) -> PuzzleModel:
        """A model by its folder, its name in the package, or its id on the hub (``user/name``).

        options, for the hub: revision, token, cache_dir, force_download, local_files_only. Raises ``InputError``.
        """
        if hub.is_hub_id(str(name)):
            return load(hub.fetch(str(name), **options))
        return load(name)

    def save_pretrained(self, folder: str | Path, *, precision: Precision = "float32") -> None:
        """A model folder written: configuration, weights, card. Raises ``InputError`` where ``folder`` exists already,
        or cannot be written; then nothing of it stays."""
        from hrm.export.folder import save_folder

        save_folder(self.loaded, Path(folder), precision)

    def push_to_hub(self, repo_id: str, *, precision: Precision = "float32", **options: Any) -> str:
        """The same three files on the hub as one commit, whose address is returned.

        options: private, token, branch, create_pr, commit_message ... (``ModelHubMixin.push_to_hub``). Raises
        ``InputError`` without huggingface_hub, a connection, or the right to write there.
        """
        from hrm.export.folder import write_files

        return hub.push(lambda folder: write_files(self.loaded, folder, precision, name=repo_id), repo_id, **options)


def load(path: str | Path = DEFAULT_MODEL) -> PuzzleModel:
    """A model by its run folder, its model folder, its name in the package, or its id on the hub (``user/name``).

    Raises ``InputError`` when there is none, or when its files are damaged.
    """
    return PuzzleModel(load_model(path))
