"""The summary of the runs of a study: a row per point, mean and 95 % interval over the seeds."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from hrm.intervals import mean_interval, wilson_interval, with_interval
from hrm.studies.runner import Done


def summarize_study(done: Sequence[Done]) -> list[dict[str, Any]]:
    """A row per point and reading. Shares are means over the seeds with a 95 % t interval; with one seed alone, the
    Wilson interval over the puzzles, and ``interval_over`` says so. It is never narrower over seeds than over puzzles.
    """
    labels = list(dict.fromkeys(d.label for d in done))
    return [row for label in labels for row in _rows([d.figures for d in done if d.label == label])]


def _rows(runs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    first = runs[0]
    for reading in first["readings"]:
        each = [run["readings"][reading] for run in runs]
        puzzles = each[0]["puzzles"]
        yield {
            "label": ", ".join(filter(None, (first["label"], reading))),
            "seeds": [run["seed"] for run in runs],
            "interval_over": "seeds" if len(runs) > 1 else "puzzles",
            "puzzles": puzzles,
            "parameters": first["parameters"],
            "segment_flops": first["segment_flops"],
            "training_s": statistics.mean(run["training_s"] for run in runs),
            "segments": [
                {"segments": row["segments"], **_shares([e["segments"][index] for e in each], puzzles)}
                for index, row in enumerate(each[0]["segments"])
            ],
            "halting": {
                "mean_segments": statistics.mean(e["halting"]["mean_segments"] for e in each),
                **_shares([e["halting"] for e in each], puzzles),
            },
        }


def _shares(rows: list[dict[str, Any]], puzzles: int) -> dict[str, Any]:
    """Puzzles solved and cells right, over the seeds, each measured on so many ``puzzles``."""
    solved = [row["solved"] for row in rows]
    interval = rows[0]["solved_95"]
    if len(rows) > 1:  # equal by chance, a few runs would seem to be certain: what one says of the puzzles stays
        pooled = wilson_interval(round(statistics.mean(solved) * puzzles), puzzles)
        over_seeds = mean_interval(solved, 0.0, 1.0)
        interval = [min(pooled[0], over_seeds[0]), max(pooled[1], over_seeds[1])]
    return {
        "solved": statistics.mean(solved),
        "solved_95": interval,
        "solved_by_seed": solved,
        "cells": statistics.mean(row["cells"] for row in rows),
    }


def headings(rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Headings of the table, for the segments that were measured."""
    read = [f"at {row['segments']}" for row in rows[0]["segments"]]
    return (
        "",
        "parameters",
        "GFLOP / segment",
        "GFLOP / puzzle",
        "training, s",
        *read,
        "when it halts",
        "segments then",
    )


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """A row of the table, as texts."""
    halting = row["halting"]
    return (
        row["label"],
        f"{row['parameters']['without_embeddings']:,}",
        f"{row['segment_flops'] / 1e9:.3f}",
        f"{row['segment_flops'] * halting['mean_segments'] / 1e9:.3f}",
        f"{row['training_s']:.0f}",
        *(with_interval(r["solved"], r["solved_95"]) for r in row["segments"]),
        with_interval(halting["solved"], halting["solved_95"]),
        f"{halting['mean_segments']:.1f}",
    )


def short_headings(rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Headings of the table on the screen: shares in %, the last with its interval."""
    *early, last = (row["segments"] for row in rows[0]["segments"])
    return ("", *(f"at {m}" for m in early), f"at {last} [95 %]", "halting", "segments")


def short_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """A row of the table on the screen."""
    *early, last = row["segments"]
    halting = row["halting"]
    return (
        row["label"],
        *(f"{100 * read['solved']:.1f}" for read in early),
        with_interval(last["solved"], last["solved_95"]).replace(" %", ""),
        f"{100 * halting['solved']:.1f}",
        f"{halting['mean_segments']:.1f}",
    )


def markdown(rows: Sequence[dict[str, Any]], question: str, command: str) -> str:
    """The table as a page: the question, the command that repeats it, and the rows."""
    num_seeds = max(len(row["seeds"]) for row in rows)
    over = (
        f"mean and 95 % interval over {num_seeds} seeds, the same puzzles for all"
        if num_seeds > 1
        else "one seed, 95 % interval over puzzles"
    )
    lines = [
        f"{question}",
        "",
        f"`{command}`. Puzzles solved after so many segments and when the model halts, % ({over}; "
        f"{rows[0]['puzzles']:,} held-out puzzles). Parameters without embeddings; arithmetic of a segment, and of a "
        "puzzle until the model halts; seconds of training as it ran, perhaps beside others.",
        "",
        "| " + " | ".join(headings(rows)) + " |",
        "|---" * len(headings(rows)) + "|",
    ]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"
