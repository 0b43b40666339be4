from __future__ import annotations

from pathlib import Path

import pytest

from hrm.analysis.plots import check_can_draw, plot_compared, plot_gradients, plot_segments
from hrm.errors import InputError

ROW = {"solved": 0.5, "solved_95": [0.4, 0.6], "mean_segments": 3.0, "name": "q 16"}


def test_figures_are_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    results = {"model": "m", "segments": [{**ROW, "segments": m} for m in (1, 2, 4)], "halting": ROW}
    results["certain"] = {**ROW, "q_threshold": 0.95}
    for suffix in (".png", ".svg"):
        check_can_draw(tmp_path / f"a{suffix}")
        plot_segments(results, tmp_path / f"a{suffix}")
        plot_compared([ROW, {**ROW, "name": "fixed 16"}], tmp_path / f"b{suffix}", "two settings")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "b.svg").read_text()


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
