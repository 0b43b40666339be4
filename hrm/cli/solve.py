"""``hrm solve PUZZLE``"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tyro

from hrm.cli.console import board, console
from hrm.inference.solver import DEFAULT_MODEL, Halt, Solution, Solver, Thought, load
from hrm.runtime import RuntimeConfig, resolve
from hrm.statistics import percent
from hrm.tasks.base import Example
from hrm.types import InputError

VERDICTS = {True: "[green]solved[/green]", False: "[red]not solved[/red]", None: "answered (no rules to check it by)"}


@dataclass(frozen=True, kw_only=True)
class Options:
    puzzles: tyro.conf.Positional[tuple[str, ...]] = ()
    """A puzzle, a file of puzzles, or - for standard input (also when nothing is given and input is piped)."""
    model: str = DEFAULT_MODEL
    """Run folder, model folder, or the name of a model in the package."""
    halt: Halt | None = None
    """When to stop: the answer obeys the rules; the model says so (q); or never before --max-segments (fixed).
    Rules when not given, q where the task has none to check."""
    max_segments: int | None = None
    """Segments to think at most (as in training when not given)."""
    trace: bool = False
    """Show the board after every segment."""
    json: bool = False
    """Print one JSON object per puzzle."""
    runtime: RuntimeConfig = field(default_factory=lambda: RuntimeConfig(precision="float32"))


def main(args: list[str]) -> int:
    options = tyro.cli(Options, args=args, prog="hrm solve", config=(tyro.conf.FlagCreatePairsOff,))
    if options.trace and options.json:
        raise InputError("--trace draws boards, --json prints objects: give one of them")
    solver = load(options.model).solver(
        halt=options.halt, max_segments=options.max_segments, runtime=resolve(options.runtime)
    )
    examples = read_puzzles(solver, options.puzzles)
    solutions = []
    if options.trace:
        for example in examples:
            solutions.append(trace(solver, example))
    else:
        solutions = solver.solve_examples(examples)
        for solution in solutions:
            if options.json:
                print(json.dumps(solution.to_dict()))
            else:
                show(solver, solution)
    if not options.json and len(solutions) > 1:
        num_solved = sum(s.solved is not False for s in solutions)
        console.print(f"{num_solved} of {len(solutions)} {'solved' if solver.task.has_rules else 'answered'}")
    return 0 if all(s.solved is not False for s in solutions) else 1


def read_puzzles(solver: Solver, sources: Sequence[str]) -> list[Example]:
    """Puzzles from arguments, files, or standard input. Raises ``InputError`` that names the source."""
    if not sources:
        if sys.stdin.isatty():
            raise InputError(
                'which puzzle? hrm solve "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28..."'
            )
        sources = ["-"]
    examples: list[Example] = []
    for source in sources:
        if source == "-":
            examples += _many(solver, sys.stdin.read(), "standard input")
        elif looks_like_file(source):
            try:
                examples += _many(solver, Path(source).read_text(), source)
            except (OSError, UnicodeDecodeError) as error:
                raise InputError(f"cannot read {source}: {error}") from error
        else:
            examples.append(solver.task.parse(source))
    return examples


def looks_like_file(source: str) -> bool:
    try:
        return Path(source).is_file() or Path(source).suffix in (".txt", ".sdk", ".csv")
    except OSError:  # longer than a file name may be
        return False


def _many(solver: Solver, text: str, where: str) -> list[Example]:
    try:
        examples = solver.task.parse_many(text)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if not examples:
        raise InputError(f"{where} holds no puzzle")
    return examples


def show(solver: Solver, solution: Solution) -> None:
    """The answer's board and one line about it."""
    console.print(board(solver.task.render(solution.inputs, solution.answer)))
    print_verdict(solution)


def print_verdict(solution: Solution) -> None:
    verdict = VERDICTS[solution.solved]
    plural = "" if solution.segments == 1 else "s"
    console.print(f"{verdict} after {solution.segments} segment{plural}, {1000 * solution.seconds:.0f} ms\n")


def trace(solver: Solver, example: Example) -> Solution:
    """Thinks about one puzzle and shows the board after every segment, what changed in it marked."""
    console.print("the puzzle")
    console.print(board(solver.task.render(example.inputs)))
    previous = None

    def show_board(thought: Thought) -> None:
        nonlocal previous
        console.print(f"segment {thought.segment} (the model's certainty: {percent(thought.q_halt)})")
        console.print(board(solver.task.render(example.inputs, thought.answer, previous)))
        previous = thought.answer

    (solution,) = solver.solve_examples([example], on_thought=show_board)
    print_verdict(solution)
    return solution
