"""``hrm solve PUZZLE``"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import tyro

from hrm.cli.answers import Tally, check_out, in_order, is_exact, print_summary, row_of, writer
from hrm.cli.reading import options_of
from hrm.errors import InputError
from hrm.files import named_file, read_stream, read_text, typed_text
from hrm.inference.options import AttemptsConfig, HaltPolicy, HaltRule, check_deadline, check_slots
from hrm.puzzles.base import Example, Parsed, PuzzleText, searchable
from hrm.runtime import RuntimeConfig
from hrm.store.locate import CONFIG, DEFAULT_MODEL, build_task, read_config, resolve
from hrm.tasks.base import Task, required_text

MOST_NAMED = 20
"""Bad puzzles of a file that are named; of more, the number is told."""


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
    """Most segments of an attempt (four times that of training when not given). No stronger model takes over then."""
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
    """Seconds after which every puzzle gets its best answer so far (no end when not given)."""
    num_slots: int = 64
    """Puzzles thought about at the same time."""
    exact: bool = False
    """Finish what the model has not solved by plain backtracking in the order of its beliefs (Sudoku): always right,
    and always told, with the number of guesses, and of those without the model."""
    trace: bool = False
    """Show the board after every segment of one attempt."""
    inner: bool = False
    """With --trace or --film: after every update of a state, too."""
    film: Path | None = None
    """Film one attempt at a puzzle: a .gif (with hrm-lab[plot]), or an .html page with play, pause and a slider."""
    json: bool = False
    """Print one JSON object per puzzle; one with "error" for each that is none."""
    out: Path | None = None
    """Write a row per puzzle to this .csv or .jsonl file, in the order of the input, instead of drawing boards."""
    runtime: RuntimeConfig = field(default_factory=lambda: RuntimeConfig(compile="auto"))


def main(args: list[str]) -> int:
    options = options_of(Options, args, "hrm solve")
    check(options)
    folder = resolve(options.model)
    task = build_task(read_config(folder), str(folder / CONFIG))
    if options.exact:
        searchable(task.rules)
    parsed = read_puzzles(task, options.puzzles)
    num_bad = complain(parsed)
    if num_bad == len(parsed):
        status = 0
        for error in parsed if options.json else ():
            print(json.dumps({"error": str(error)}))
    else:
        status = think(folder, parsed, options)
    return 2 if num_bad else status


def check(options: Options) -> None:
    """``InputError`` for options that contradict one another."""
    watches = "--trace" if options.trace else "--film" if options.film is not None else None
    if watches:
        others = {"--json": options.json, "--out": options.out is not None, "--exact": options.exact}
        others["--deadline"] = options.deadline is not None
        others["--film" if options.trace else "--trace"] = options.trace and options.film is not None
        if given := [name for name, is_given in others.items() if is_given]:
            raise InputError(f"{watches} watches the model alone in one plain attempt: leave out {' and '.join(given)}")
        if options.several != AttemptsConfig():
            raise InputError(f"{watches} watches one plain attempt: leave out --attempts and what belongs to it")
    if options.inner and watches is None:
        raise InputError("--inner shows more of --trace and of --film: give one of them, too")
    if options.film is not None:
        from hrm.analysis.film import check_film

        check_film(options.film)
    check_deadline(options.deadline)
    check_slots(options.num_slots)
    if options.out is not None:
        check_out(options.out, options.puzzles)


def complain(parsed: Sequence[Parsed]) -> int:
    """Number of the puzzles that are none, with the reasons of the first ones on standard error."""
    errors = [one for one in parsed if isinstance(one, InputError)]
    for error in errors[:MOST_NAMED]:
        print(f"hrm: {error}", file=sys.stderr)
    if len(errors) > MOST_NAMED:
        print(f"hrm: and {len(errors) - MOST_NAMED} more that are no puzzle", file=sys.stderr)
    return len(errors)


def think(folder: Path, parsed: Sequence[Parsed], options: Options) -> int:
    """Answers to puzzles that are in order, shown, and the exit status: 1 unless all are solved.

    torch is imported here, when there is something to think about: it takes longer than to refuse a typing error.
    """
    from hrm.api import load
    from hrm.cli.watch import film, show, trace
    from hrm.inference.ready import work_of
    from hrm.runtime import resolve as resolve_runtime

    examples = [one for one in parsed if isinstance(one, Example)]
    model = load(folder)
    # --trace and --film watch every update, and that of a fused model is none.
    is_watched = options.trace or options.film is not None
    work = 0 if is_watched else work_of(model.loaded.model, model.loaded.task, len(examples))
    solver = model.solver(
        halt=options.halt,
        max_segments=options.max_segments,
        min_segments=options.min_segments,
        q_threshold=options.q_threshold,
        patience=options.patience,
        tolerance=options.tolerance,
        num_slots=options.num_slots,
        exact=options.exact,
        runtime=resolve_runtime(options.runtime, work, solving=True),
        **asdict(options.several),
    )
    if options.film is not None:
        if len(examples) != 1:
            raise InputError(f"--film films one puzzle, and there are {len(examples)}")
        return film(solver, examples[0], options.film, options.inner)
    if options.trace:
        return max([trace(solver, example, options.inner) for example in examples], default=0)
    tally = Tally(has_rules=solver.task.rules is not None)
    # Where answers go to the terminal, as they come, they are themselves what moves.
    has_bar = len(examples) > 1 and (options.out is not None or not sys.stdout.isatty())
    answers = in_order(solver, examples, options.deadline, has_bar=has_bar)
    has_answers = any(example.is_given for example in examples)
    has_errors = len(examples) < len(parsed)
    with writer(options.out, has_answers=has_answers, has_errors=has_errors, has_search=options.exact) as write:
        for one in parsed:
            if isinstance(one, InputError):
                write({"error": str(one)})
                told: dict[str, Any] = {"error": str(one)}
            else:
                solution = next(answers)
                exact = is_exact(one, solution)
                tally.add(solution, exact)
                write(row_of(solution, exact))
                told = solution.to_dict()
                if not options.json and options.out is None:
                    show(solver, solution)
            if options.json:
                print(json.dumps(told))
    if not options.json and (len(examples) > 1 or options.out is not None):
        print_summary(tally, options.out)
    return 0 if tally.num_solved + tally.num_unjudged == tally.num else 1


def read_puzzles(task: Task, sources: Sequence[str]) -> list[Parsed]:
    """Puzzles from arguments, files, or standard input; an error that names the source for what is none."""
    if not sources:
        if sys.stdin.isatty():
            raise InputError(
                'which puzzle? hrm solve "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28..."'
            )
        sources = ["-"]
    text_of = required_text(task)
    parsed: list[Parsed] = []
    for source in sources:
        try:
            parsed += _read_source(text_of, source)
        except InputError as error:
            parsed.append(error)
    return parsed


def _read_source(text_of: PuzzleText, source: str) -> list[Parsed]:
    if source == "-":
        return _many(text_of, read_stream(sys.stdin, "standard input"), "standard input")
    file = named_file(source, "name a file of puzzles, or type one (a model goes to --model)")
    if file is not None:
        return _many(text_of, read_text(file), source)
    typed = typed_text(source)
    try:
        return [text_of.parse(typed)]
    except InputError as error:
        several = text_of.parse_many(typed) if "\n" in typed or typed.lstrip()[:1] == "[" else []
        return several if len(several) > 1 else [error]


def _many(text_of: PuzzleText, text: str, where: str) -> list[Parsed]:
    try:
        parsed = text_of.parse_many(text)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if not parsed:
        raise InputError(f"{where} holds no puzzle")
    return [InputError(f"{where}: {one}") if isinstance(one, InputError) else one for one in parsed]
