"""``hrm demo``: the whole way once, in a few minutes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hrm.api import load
from hrm.cli import measuring
from hrm.cli.output import console
from hrm.cli.progress import Circumstances, train_in
from hrm.cli.reading import options_of
from hrm.cli.watch import show, trace
from hrm.puzzles.sudoku.known import PUBLISHED
from hrm.recipes import RECIPES
from hrm.tasks.base import required_text


@dataclass(frozen=True, kw_only=True)
class Options:
    recipe: Literal["sudoku-demo-trm", "sudoku-demo"] = "sudoku-demo-trm"
    """What is trained: TRM, which learns this faster, or HRM itself."""
    out: Path | None = None
    """Run folder (runs/RECIPE when not given). A finished run in it is used as it is, an unfinished one goes on."""
    overwrite: bool = False
    """Delete the run in that folder and start anew."""


def main(args: list[str]) -> int:
    options = options_of(Options, args, "hrm demo")
    out = options.out or Path("runs") / options.recipe
    console.rule("1. Train a small model that reasons in latent space")
    how = Circumstances(resume=not options.overwrite, overwrite=options.overwrite)
    outcome = train_in(out, RECIPES[options.recipe](), how)
    if outcome.signal is not None:
        return 128 + outcome.signal
    console.rule("2. Puzzles it has never seen")
    measuring.run(measuring.Options(model=str(out), max_segments=32))  # longer than in training: it helps
    console.rule("3. Watch it think")
    solver = load(out).solver()
    for source, puzzle in PUBLISHED.items():
        console.print(f"[bold]{source}[/bold]")
        example = required_text(solver.task).parse(puzzle)
        if trace(solver, example) != 0:
            console.print("One attempt was not enough. The same puzzle again, under symmetries of its own:")
            show(solver, solver.solve_examples([example])[0])
    console.print(f'Your turn: hrm solve --model {out} --trace "53..7...."  (81 characters, . for a blank)')
    return 0
