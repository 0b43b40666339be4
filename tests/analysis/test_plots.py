from __future__ import annotations

from pathlib import Path

import pytest

from hrm.analysis.plots import check_can_draw, plot_compared, plot_gradients, plot_segments, plot_solved, plot_study
from hrm.errors import InputError
from hrm.intervals import wilson_interval

ABOUT = {"model": "m", "task": "sudoku", "puzzles": 1234, "data": "mine.csv", "seed": 3}
ROW = {"solved": 0.5, "solved_95": [0.4, 0.6], "mean_segments": 3.0, "name": "q 16"}


def test_figures_are_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    results = {**ABOUT, **ROW, "segments": [{**ROW, "segments": m} for m in (1, 2, 4)], "halting": ROW}
    results["certain"] = {**ROW, "q_threshold": 0.95}
    for suffix in (".png", ".svg"):
        check_can_draw(tmp_path / f"a{suffix}")
        plot_segments(results, tmp_path / f"a{suffix}")
        plot_compared({**ABOUT, "settings": [ROW, {**ROW, "name": "fixed 16"}]}, tmp_path / f"b{suffix}")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    drawn = (tmp_path / "b.svg").read_text()
    assert "<!-- sudoku: 1,234 puzzles (mine.csv), seed 3 -->" in drawn


def test_a_figure_of_gradient_rules(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    cosine = {"mean": 0.7, "mean_95": [0.6, 0.8]}
    lines = [
        {"name": name, "H_cycles": n, "L_cycles": n, "memory_bytes": 2**20 * n, "seconds": 0.1, "cosine": cosines}
        for name in ("one_step", "bptt")
        for n in (1, 2)
        for cosines in [{"trained": cosine, "fresh": cosine}]
    ]
    plot_gradients(lines, tmp_path / "g.svg", "a title")
    drawn = (tmp_path / "g.svg").read_text()
    assert all(f"<!-- {text} -->" in drawn for text in ("a title", "one_step", "cosine with bptt, fresh weights"))


@pytest.mark.parametrize(
    ("path", "message"), [("a.txt", "a figure is a file of .png"), ("none/a.png", "no folder none")]
)
def test_what_cannot_be_drawn_is_said_first(path: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_can_draw(Path(path))


def points(*flops: float) -> list[dict[str, object]]:
    reads = [{**ROW, "segments": m} for m in (1, 2)]
    row = {"segments": reads, "halting": ROW, "seeds": [0, 1], "puzzles": 400}
    return [{**row, "label": f"point {index}", "segment_flops": each} for index, each in enumerate(flops)]


def test_a_figure_of_a_study_shows_where_models_halt_and_no_panel_twice(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    for flops, has_costs in (((1e9, 1e9), False), ((1e9, 2e9), True)):
        plot_study(points(*flops), tmp_path / "s.svg", "A question?", "sudoku")
        drawn = (tmp_path / "s.svg").read_text()
        assert ("<!-- GFLOP spent on a puzzle -->" in drawn) == has_costs
        for text in ("hollow: until it halts", "A question?", "sudoku: 400 held-out puzzles, seeds 0, 1"):
            assert f"<!-- {text} -->" in drawn


def test_a_figure_of_models_names_each_with_its_puzzles_and_tools(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    ours = {"model": "runs/a", "solved": 0.9, "solved_95": [0.8, 1.0], "puzzles": 1200, "tools": "none", "segments": 16}
    theirs = {"model": "a/$b_1$", "solved": 0.0, "solved_95": [0.0, 0.1], "puzzles": 20, "tools": "python", "tokens": 9}
    plot_solved([ours, theirs], tmp_path / "models.svg", "sudoku 9 x 9")
    drawn = (tmp_path / "models.svg").read_text(encoding="utf-8")
    for text in ("runs/a", "1,200", "a/$b_1$, Python", "sudoku 9 x 9", "puzzles solved, %"):
        assert f"<!-- {text}" in drawn or text in drawn, text


def test_a_figure_that_fails_is_one_line_and_leaves_no_file(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    bad = {**ROW, "solved_95": [0.6, 0.4]}  # matplotlib: 'yerr' must not contain negative values
    with pytest.raises(InputError, match=r"c\.png: the figure could not be drawn \(ValueError: .*negative"):
        plot_compared({**ABOUT, "settings": [bad]}, tmp_path / "c.png")
    with pytest.raises(InputError, match="nothing to draw, no puzzle has a known answer"):
        plot_compared({**ABOUT, "settings": [{**ROW, "solved": None}]}, tmp_path / "c.png")
    assert list(tmp_path.iterdir()) == []


def test_nothing_and_all_can_be_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    for successes in (0, 100):
        row = {**ROW, "solved": successes / 100, "solved_95": list(wilson_interval(successes, 100))}
        plot_compared({**ABOUT, "settings": [row]}, tmp_path / "d.png")
