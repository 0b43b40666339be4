"""Figures. The one place that imports matplotlib, and only when something is drawn."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hrm.types import InputError

FORMATS = (".png", ".svg", ".pdf")
MARKERS = "osD^v<>Phx*p"


def check_can_draw(path: Path) -> None:
    """Raises ``InputError`` before any work is done where a figure could not be written."""
    if path.suffix not in FORMATS:
        raise InputError(f"{path}: a figure is a file of {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")
    if not can_draw():
        raise InputError("figures need matplotlib: pip install 'hrm-lab[plot]'")


def can_draw() -> bool:
    """Whether matplotlib is there."""
    return importlib.util.find_spec("matplotlib") is not None


def plot_segments(results: Mapping[str, Any], path: Path) -> None:
    """Accuracy against segments with 95 % intervals, and where halting by q stands; from ``results.json``."""
    rows, halting = results["segments"], results["halting"]
    with _axes(path, "segments", "puzzles solved, %", str(results["model"])) as axes:
        _with_intervals(axes, [row["segments"] for row in rows], rows, label="all of them", marker="o", linestyle="-")
        _with_intervals(axes, [halting["mean_segments"]], [halting], label="until it halts (mean)", marker="s")


def plot_compared(rows: Sequence[Mapping[str, Any]], path: Path, title: str) -> None:
    """Accuracy against the mean number of segments spent, a point for every setting; rows as ``Compared.figures``."""
    with _axes(path, "segments spent on a puzzle (mean)", "puzzles solved, %", title) as axes:
        for index, row in enumerate(rows):
            _with_intervals(
                axes, [row["mean_segments"]], [row], label=row["name"], marker=MARKERS[index % len(MARKERS)]
            )


def plot_study(rows: Sequence[Mapping[str, Any]], path: Path, title: str) -> None:
    """Accuracy against segments, and against the arithmetic spent, a line for every point of a study; rows as
    ``summarize_study`` makes them."""
    panels = ("segments when solving", "GFLOP spent on a puzzle")
    with _figure(path, (11, 4.2), len(panels)) as axes:
        for index, row in enumerate(rows):
            steps = [read["segments"] for read in row["segments"]]
            spent = [row["segment_flops"] * step / 1e9 for step in steps]
            style = {"label": row["label"], "marker": MARKERS[index % len(MARKERS)], "linestyle": "-"}
            for panel, x in zip(axes, (steps, spent), strict=True):
                _with_intervals(panel, x, row["segments"], **style)
        for panel, xlabel in zip(axes, panels, strict=True):
            _finish(panel, xlabel, "puzzles solved, %", title if panel is axes[0] else "")
        axes[-1].legend(fontsize="small", loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


def _with_intervals(axes: Any, x: Sequence[float], rows: Sequence[Mapping[str, Any]], **style: Any) -> None:
    solved = [100 * row["solved"] for row in rows]
    below = [100 * (row["solved"] - row["solved_95"][0]) for row in rows]
    above = [100 * (row["solved_95"][1] - row["solved"]) for row in rows]
    axes.errorbar(x, solved, yerr=[below, above], **{"linestyle": "none", "capsize": 3, "markersize": 5, **style})


@contextmanager
def _axes(path: Path, xlabel: str, ylabel: str, title: str) -> Iterator[Any]:
    with _figure(path, (7, 4.2), 1) as (axes,):
        yield axes
        _finish(axes, xlabel, ylabel, title)
        axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


@contextmanager
def _figure(path: Path, size: tuple[float, float], num_panels: int) -> Iterator[Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # no pyplot: nothing global, no window

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    yield list(figure.subplots(1, num_panels, squeeze=False, sharey=True)[0])
    figure.savefig(path, dpi=120)


def _finish(axes: Any, xlabel: str, ylabel: str, title: str) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.set_title(title, loc="left", fontsize="medium")
    axes.grid(alpha=0.3)
