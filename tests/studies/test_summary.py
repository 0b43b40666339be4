from __future__ import annotations

import pytest

from hrm.intervals import wilson_interval
from hrm.studies.runner import Done
from hrm.studies.summary import cells, headings, markdown, short_cells, short_headings, summarize_study


def run(label: str, seed: int, solved: float) -> Done:
    shares = {"solved": solved, "solved_95": [0.1, 0.2], "cells": 0.5}
    reading = {
        "puzzles": 100,
        "segments": [{"segments": 1, **shares}],
        "halting": {"mean_segments": 3.0 + seed, **shares},
    }
    figures = {
        "label": label,
        "seed": seed,
        "parameters": {"all": 12, "without_embeddings": 10},
        "segment_flops": 5_000_000,
        "training_s": 10.0 + seed,
        "readings": {"": reading},
    }
    return Done(label, seed, figures)


def test_means_and_intervals_over_seeds() -> None:
    rows = summarize_study([run("a", 0, 0.4), run("b", 0, 0.9), run("a", 1, 0.6), run("b", 1, 0.9)])
    assert [row["label"] for row in rows] == ["a", "b"]
    read = rows[0]["segments"][0]
    assert read["solved"] == pytest.approx(0.5)
    assert read["solved_95"] == [0.0, 1.0], "12.7 standard errors of two runs: cut to what a share can be"
    assert rows[1]["segments"][0]["solved_95"] == list(wilson_interval(90, 100)), "equal by chance is not certain"
    assert rows[0]["halting"]["mean_segments"] == 3.5
    assert rows[0]["training_s"] == 10.5
    assert rows[0]["interval_over"] == "seeds"


def test_one_seed_has_the_interval_over_puzzles() -> None:
    (row,) = summarize_study([run("a", 0, 0.4)])
    assert row["segments"][0]["solved_95"] == [0.1, 0.2]
    assert row["interval_over"] == "puzzles"


def test_a_table_to_read() -> None:
    rows = summarize_study([run("a", 0, 0.4), run("a", 1, 0.6)])
    assert len(headings(rows)) == len(cells(rows[0]))
    assert short_headings(rows) == ("", "at 1 [95 %]", "halting", "segments")
    assert short_cells(rows[0]) == ("a", "50.0 [0.0, 100.0]", "50.0", "3.5")
    page = markdown(rows, "Which?", "hrm ablate x")
    assert page.startswith("Which?")
    assert "| a | 10 | 0.005 | 0.018 | 10 | 50.0 % [0.0, 100.0] |" in page
    assert "2 seeds" in page
