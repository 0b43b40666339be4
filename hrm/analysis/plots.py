"""Figures. The one place that imports matplotlib, and only when something is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hrm.types import InputError

FORMATS = (".png", ".svg", ".pdf")


def check_can_draw(path: Path) -> None:
    """Raises ``InputError`` before any work is done where a figure could not be written."""
    if path.suffix not in FORMATS:
        raise InputError(f"{path}: a figure is a file of {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise InputError("figures need matplotlib: pip install 'hrm-lab[plot]'") from error


def plot_segments(results: Mapping[str, Any], path: Path) -> None:
    """Accuracy against segments with 95 % intervals, and where halting by q stands; from ``results.json``."""
    rows, halting = results["segments"], results["halting"]
    with _axes(path, "segments", "puzzles solved, %", str(results["model"])) as axes:
        _with_intervals(axes, [row["segments"] for row in rows], rows, label="all of them", marker="o", linestyle="-")
        _with_intervals(axes, [halting["mean_segments"]], [halting], label="until it halts (mean)", marker="s")


def plot_compared(rows: Sequence[Mapping[str, Any]], path: Path, title: str) -> None:
    """Accuracy against the mean number of segments spent, a point for every setting; rows as ``Compared.figures``."""
    markers = "osD^v<>Phx*p"
    with _axes(path, "segments spent on a puzzle (mean)", "puzzles solved, %", title) as axes:
        for index, row in enumerate(rows):
            _with_intervals(
                axes, [row["mean_segments"]], [row], label=row["name"], marker=markers[index % len(markers)]
            )


def _with_intervals(axes: Any, x: Sequence[float], rows: Sequence[Mapping[str, Any]], **style: Any) -> None:
    solved = [100 * row["solved"] for row in rows]
    below = [100 * (row["solved"] - row["solved_95"][0]) for row in rows]
    above = [100 * (row["solved_95"][1] - row["solved"]) for row in rows]
    axes.errorbar(x, solved, yerr=[below, above], **{"linestyle": "none", "capsize": 3, "markersize": 5, **style})


@contextmanager
def _axes(path: Path, xlabel: str, ylabel: str, title: str) -> Iterator[Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # no pyplot: nothing global, no window

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    yield axes
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    figure.savefig(path, dpi=150)
