"""``hrm compare``"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from hrm.analysis.plots import FORMATS, check_can_draw, plot_solved
from hrm.cli.output import check_places, console, print_table, write_results
from hrm.cli.reading import options_of
from hrm.errors import InputError, require_at_least, require_at_most
from hrm.files import kind_of
from hrm.inference.options import MOST_SEGMENTS
from hrm.intervals import count
from hrm.llm import ours, rows
from hrm.llm.logs import Log, logs_of, read_log
from hrm.llm.rows import Row
from hrm.store.locate import resolve

TABLES = (".md", ".json")
PRICE = re.compile(r"(?P<model>.+)=(?P<read>[0-9.]+),(?P<wrote>[0-9.]+)")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Models of ours and language models on the same puzzles: what each solved, and what it took.

    With logs of Inspect ('inspect eval hrm_lab/...'), our models think about the puzzles of the logs now; without, what
    'hrm eval' has measured is put side by side.
    """

    models: tyro.conf.Positional[tuple[str, ...]]
    """Run or model folders, models in the package, logs of Inspect (.eval, .json), folders of such logs. The first one
    is held against each of the others, puzzle by puzzle."""
    max_segments: int | None = None
    """Segments that our models think on the puzzles of logs (as in training when not given)."""
    price: tuple[str, ...] = ()
    """MODEL=READ,WROTE: dollars for a million tokens read and written, where the log does not say what it cost."""
    out: tuple[Path, ...] = ()
    """Write the table into these files: .md, .json; and draw it: .png, .svg, .pdf."""
    json: bool = False
    """Print one JSON object instead of tables."""


def main(args: list[str]) -> int:
    options = options_of(Options, args, "hrm compare")
    require_at_least(1, max_segments=options.max_segments)
    require_at_most(MOST_SEGMENTS, max_segments=options.max_segments)
    if not options.models:
        raise InputError("which models? name run or model folders, and logs of 'inspect eval hrm_lab/...'")
    _check_out(options.out)
    prices = prices_of(options.price)
    found = gather(options.models, prices, options.max_segments)
    if unknown := sorted(set(prices) - {row.name for row in found}):
        names = ", ".join(row.name for row in found)
        raise InputError(f"--price {unknown[0]}=...: there is no such model here, there are {names}")
    if options.max_segments is not None and all(row.unit == "segments" for row in found):
        raise InputError(
            "--max-segments is for models of ours beside logs: measure with 'hrm eval --max-segments' here"
        )
    lines = rows.differing(found)
    pairs = rows.paired(found)
    results: dict[str, Any] = {
        "puzzles_of": str(found[0].kind),
        "models": [row.figures() for row in found],
        "paired": [one.figures() for one in pairs],
        "notes": lines,
    }
    title = f"{found[0].kind}: {count(len(found), 'model')}"
    if options.json:
        print(json.dumps(results))
    else:
        show(title, found, pairs, lines)
    files = {".md": rows.page(title, found, lines).encode(), ".json": json.dumps(results, indent=2).encode()}
    write_results({path: files[path.suffix] for path in options.out if path.suffix in TABLES})
    for path in options.out:
        if path.suffix not in TABLES:
            plot_solved(results["models"], path, title)
        if not options.json:
            console.print(f"-> {path}", markup=False)
    return 0


def _check_out(out: Sequence[Path]) -> None:
    for path in out:
        if path.suffix not in (*TABLES, *FORMATS):
            raise InputError(f"--out {path}: give a name that ends in {', '.join((*TABLES, *FORMATS))}")
        if path.suffix in FORMATS:
            check_can_draw(path)
    check_places(*out)


def prices_of(given: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Model -> dollars for a million tokens read and written. Raises ``InputError``."""
    prices = {}
    for one in given:
        match = PRICE.fullmatch(one)
        try:
            assert match is not None
            prices[match["model"]] = float(match["read"]), float(match["wrote"])
        except (AssertionError, ValueError):
            raise InputError(f"--price {one}: give MODEL=READ,WROTE, as in openai/gpt-4o=2.5,10") from None
    return prices


def gather(places: Sequence[str], prices: dict[str, tuple[float, float]], max_segments: int | None) -> list[Row]:
    """A row for every log and model, in order. Raises ``InputError``, and before any model thinks where these are about
    puzzles of several kinds."""
    found: dict[str, list[Log]] = {place: [read_log(log, prices) for log in logs_of(place)] for place in places}
    for place in (place for place, of_place in found.items() if not of_place):
        check_is_model(place)
    logs = [log for several in found.values() for log in several]
    rows.check_same_kind([log.row for log in logs])
    questions = {puzzle: asked for log in logs for puzzle, asked in log.questions.items()}
    table: list[Row] = []
    for place, of_place in found.items():
        if of_place:
            table += [log.row for log in of_place]
        elif questions:
            with console.status(f"{place}: {count(len(questions), 'puzzle')}"):
                table.append(ours.on_puzzles(place, logs[0].row.kind, questions, max_segments))
        else:
            table.append(ours.as_measured(place))
    rows.check_same_kind(table)
    return rows.with_names_apart(table)


def check_is_model(place: str) -> None:
    """``InputError`` for a place that is neither logs nor a model."""
    if place.endswith(("/", os.sep)) and kind_of(Path(place).expanduser()) is None:
        raise InputError(f"there is no folder {place}: name a folder of logs, or a model")
    resolve(place)


def show(title: str, found: Sequence[Row], pairs: Sequence[rows.Paired], lines: Sequence[str]) -> None:
    """The tables on the screen."""
    print_table(title, rows.HEADINGS, [rows.texts(row) for row in found], spare=rows.SPARE)
    if pairs:
        print_table("", rows.PAIRED_HEADINGS, [rows.paired_texts(one) for one in pairs])
    if others := rows.ended(found):
        print_table("", rows.KIND_HEADINGS, others)
    for line in lines:
        console.print(line, markup=False)
