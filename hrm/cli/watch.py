"""A puzzle that is thought about, as a person sees it: its boards, and a line on how it ended."""

from __future__ import annotations

from pathlib import Path

from hrm.analysis.film import film as make_film
from hrm.analysis.film import frames_of
from hrm.cli.output import board, console
from hrm.files import write_whole
from hrm.inference.solution import VERDICTS, Solution
from hrm.inference.solver import Solver
from hrm.intervals import count, percent
from hrm.puzzles.base import Example, is_solved

COLOURED = {True: f"[green]{VERDICTS[True]}[/green]", False: f"[red]{VERDICTS[False]}[/red]", None: VERDICTS[None]}


def show(solver: Solver, solution: Solution) -> None:
    """The answer's board and one line about it."""
    console.print(board(solver.task.render(solution.inputs, solution.answer)))
    print_verdict(solution)


def print_verdict(solution: Solution) -> None:
    console.print(f"{COLOURED[solution.solved]}{solution.ending}\n")


def film(solver: Solver, example: Example, path: Path, inner: bool = False) -> int:
    """One attempt at a puzzle as a film, written to ``path``; the exit status as of ``trace``."""
    steps = list(solver.trace(example, inner=inner))
    verdict = is_solved(solver.task.rules, example.inputs, steps[-1].answer)
    ended = {True: "solved", False: "not solved", None: "answered"}[verdict]
    frames = frames_of(solver.task.render(example.inputs), steps, ended)
    title = f"{solver.task.config.name}: {ended} after {count(steps[-1].segment)}"
    write_whole(path, make_film(frames, title, path.suffix))
    console.print(board(steps[-1].board))
    console.print(f"{COLOURED[verdict]} after {count(steps[-1].segment)}; {len(frames)} frames")
    console.print(f"-> {path}", markup=False)
    return int(verdict is False)


def trace(solver: Solver, example: Example, inner: bool = False) -> int:
    """One puzzle thought about: the board after every segment, what changed in it marked; and the exit
    status: 1 for an answer that breaks the rules."""
    console.print("the puzzle")
    console.print(board(solver.task.render(example.inputs)))
    verdict, segments = None, 0
    for step in solver.trace(example, inner=inner):
        if step.certainty is None or step.residual is None:
            console.print(f"segment {step.segment}, {step.update} updated: {count(step.num_changed, 'cell')} changed")
        else:
            console.print(
                f"segment {step.segment} (the model's certainty: {percent(step.certainty)}; "
                f"{count(step.num_changed, 'cell')} changed, the state by {percent(step.residual)})"
            )
        console.print(board(step.board))
        segments = step.segment
        verdict = is_solved(solver.task.rules, example.inputs, step.answer)
    console.print(f"{COLOURED[verdict]} after {count(segments)}\n")
    return int(verdict is False)
