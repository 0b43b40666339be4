"""``hrm solve PUZZLE``"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import tyro

from hrm.api import DEFAULT_MODEL, load
from hrm.cli.output import board, console
from hrm.errors import InputError
from hrm.inference.attempts import AttemptsConfig
from hrm.inference.policy import HaltPolicy, HaltRule
from hrm.inference.solver import Solution, Solver
from hrm.intervals import percent
from hrm.puzzles.base import Example, is_solved
from hrm.runtime import RuntimeConfig, resolve
from hrm.tasks.base import required_text

VERDICTS = {True: "[green]solved[/green]", False: "[red]not solved[/red]", None: "answered (no rules to check it by)"}


@dataclass(frozen=True, kw_only=True)
class Options:
    puzzles: tyro.conf.Positional[tuple[str, ...]] = ()
    """A puzzle, a file of puzzles, or - for standard input (also when nothing is given and input is piped)."""
    model: str = DEFAULT_MODEL
    """Run folder, model folder, the name of a model in the package, or a model of the hub (user/name)."""
    halt: HaltRule | None = None
    """What ends the thinking: the answer obeys the rules; the model's value of stopping (q); an answer that stays
    unchanged; a state at rest; or --max-segments alone (fixed). Rules when not given, q where a task has none."""
    max_segments: int | None = None
    """Most segments of an attempt (four times that of training when not given)."""
    min_segments: int = 1
    """Fewest segments of an attempt."""
    q_threshold: float | None = None
    """--halt q: stop at this probability of being right (as trained when not given)."""
    patience: int = HaltPolicy.patience
    """--halt unchanged: how many segments in a row must leave the answer as it was."""
    tolerance: float = HaltPolicy.tolerance
    """--halt rest: stop when the state moved by less than this share of its size."""
    several: tyro.conf.OmitArgPrefixes[AttemptsConfig] = field(default_factory=AttemptsConfig)
    deadline: float | None = None
    """Seconds after which every puzzle gets its best answer so far."""
    num_slots: int = 64
    """Puzzles thought about at the same time."""
    trace: bool = False
    """Show the board after every segment of one attempt."""
    inner: bool = False
    """With --trace: after every update of a state, too."""
    json: bool = False
    """Print one JSON object per puzzle."""
    runtime: RuntimeConfig = field(default_factory=lambda: RuntimeConfig(precision="float32"))


def main(args: list[str]) -> int:
    options = tyro.cli(Options, args=args, prog="hrm solve", config=(tyro.conf.FlagCreatePairsOff,))
    if options.trace and options.json:
        raise InputError("--trace draws boards, --json prints objects: give one of them")
    if options.trace and (options.deadline is not None or options.several != AttemptsConfig()):
        raise InputError("--trace watches one plain attempt: leave out --attempts, what belongs to it, and --deadline")
    if options.inner and not options.trace:
        raise InputError("--inner shows more of --trace: give both")
    solver = load(options.model).solver(
        halt=options.halt,
        max_segments=options.max_segments,
        min_segments=options.min_segments,
        q_threshold=options.q_threshold,
        patience=options.patience,
        tolerance=options.tolerance,
        num_slots=options.num_slots,
        runtime=resolve(options.runtime),
        **asdict(options.several),
    )
    examples = read_puzzles(solver, options.puzzles)
    if options.trace:
        return max([trace(solver, example, options.inner) for example in examples], default=0)
    solutions = solver.solve_examples(examples, deadline=options.deadline)
    for solution in solutions:
        if options.json:
            print(json.dumps(solution.to_dict()))
        else:
            show(solver, solution)
    if not options.json and len(solutions) > 1:
        num_solved = sum(s.solved is not False for s in solutions)
        console.print(f"{num_solved} of {len(solutions)} {'answered' if solver.task.rules is None else 'solved'}")
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
        elif source and _is(Path.is_dir, source):
            raise InputError(f"{source} is a folder: name a file of puzzles, or type one (a model goes to --model)")
        elif looks_like_file(source):
            try:
                examples += _many(solver, Path(source).read_text(), source)
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "not a text file"
                raise InputError(f"cannot read {source}: {reason}") from error
        else:
            examples.append(required_text(solver.task).parse(source))
    return examples


def looks_like_file(source: str) -> bool:
    return _is(Path.is_file, source) or Path(source).suffix in (".txt", ".sdk", ".csv")


def _is(kind: Callable[[Path], bool], source: str) -> bool:
    try:
        return kind(Path(source))
    except OSError:  # longer than a file name may be
        return False


def _many(solver: Solver, text: str, where: str) -> list[Example]:
    try:
        examples = required_text(solver.task).parse_many(text)
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
    cost = "" if solution.attempts < 2 else f" ({solution.attempts} attempts, {solution.spent} segments in all)"
    late = " before the deadline" if solution.is_timed_out else ""
    console.print(
        f"{VERDICTS[solution.solved]}{late} after {count(solution.segments)}{cost}, {1000 * solution.seconds:.0f} ms\n"
    )


def count(num: int, what: str = "segment") -> str:
    return f"1 {what}" if num == 1 else f"{num} {what}s"


def trace(solver: Solver, example: Example, inner: bool = False) -> int:
    """Thinks about one puzzle and shows the board after every segment, what changed in it marked. Returns the exit
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
    console.print(f"{VERDICTS[verdict]} after {count(segments)}\n")
    return int(verdict is False)
