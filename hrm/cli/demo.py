"""``hrm demo``: the whole way once, in a few minutes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from hrm.api import load
from hrm.cli import measuring
from hrm.cli.output import console
from hrm.cli.progress import Circumstances, train_in
from hrm.cli.watch import show, trace
from hrm.recipes import RECIPES
from hrm.tasks.base import required_text

PUBLISHED = {
    "Wikipedia, 'Sudoku'": "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79",
    "Project Euler 96, grid 01": "..3.2.6..9..3.5..1..18.64....81.29..7.......8..67.82....26.95..8..2.3..9..5.1.3..",
    "Project Euler 96, grid 02": "2...8.3...6..7..84.3.5..2.9...1.54.8.........4.27.6...3.1..7.4.72..4..6...4.1...3",
}


@dataclass(frozen=True, kw_only=True)
class Options:
    recipe: Literal["sudoku-demo-trm", "sudoku-demo"] = "sudoku-demo-trm"
    """What is trained: TRM, which learns this faster, or HRM itself."""
    out: Path | None = None
    """Run folder (runs/RECIPE when not given). A finished run in it is used as it is, an unfinished one goes on."""
    overwrite: bool = False
    """Delete the run in that folder and start anew."""


def main(args: list[str]) -> int:
    options = tyro.cli(Options, args=args, prog="hrm demo", config=(tyro.conf.FlagCreatePairsOff,))
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
