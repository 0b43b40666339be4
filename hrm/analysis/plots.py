"""Figures. The one place that imports matplotlib, and only when something is drawn."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hrm.errors import InputError

FORMATS = (".png", ".svg", ".pdf")
"""Endings of the files that a figure may be: pixels, and two kinds of lines; matplotlib knows more."""
MARKERS = "osD^v<>Phx*p"
"""Matplotlib's markers of the lines of a figure, in this order, chosen by eye; sizes and colours below are, too."""


def check_can_draw(path: Path) -> None:
    """``InputError`` before any work is done where a figure could not be written."""
    if path.suffix not in FORMATS:
        raise InputError(f"{path}: a figure is a file of {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")
    if not can_draw():
        raise InputError("figures need matplotlib: pip install 'hrm-lab[plot]'")


def can_draw() -> bool:
    """True where matplotlib is there."""
    return importlib.util.find_spec("matplotlib") is not None


def plot_segments(results: Mapping[str, Any], path: Path) -> None:
    """Accuracy against segments with 95 % intervals, and where halting by q stands; from ``results.json``."""
    rows, halting, certain = results["segments"], results["halting"], results["certain"]
    with _axes(path, "segments", "puzzles solved, %", str(results["model"])) as axes:
        _with_intervals(axes, [row["segments"] for row in rows], rows, label="all of them", marker="o", linestyle="-")
        _with_intervals(axes, [halting["mean_segments"]], [halting], label="until it halts (mean)", marker="s")
        sure = f"until {certain['q_threshold']:.0%} certain (mean)"
        _with_intervals(axes, [certain["mean_segments"]], [certain], label=sure, marker="^")


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
    with _figure(path, (11, 4.2)) as figure:
        axes = figure.subplots(1, len(panels), sharey=True)
        for index, row in enumerate(rows):
            steps = [read["segments"] for read in row["segments"]]
            spent = [row["segment_flops"] * step / 1e9 for step in steps]
            style = {"label": row["label"], "marker": MARKERS[index % len(MARKERS)], "linestyle": "-"}
            for panel, x in zip(axes, (steps, spent), strict=True):
                _with_intervals(panel, x, row["segments"], **style)
        for panel, xlabel in zip(axes, panels, strict=True):
            _log_x(panel, xlabel)
        axes[0].set_ylabel("puzzles solved, %")
        axes[0].set_title(title, loc="left", fontsize="medium")
        _legend(axes[-1])


def plot_gradients(lines: Sequence[Mapping[str, Any]], path: Path, title: str) -> None:
    """Memory, time and direction of each gradient rule, against N * T; lines as in ``gradients.json``. A panel of
    cosines for each of the weights."""
    weights = list(lines[0]["cosine"])
    num_rows = 1 if len(weights) == 1 else 2
    num_columns = -(-(2 + len(weights)) // num_rows)
    with _figure(path, (4 * num_columns, 0.8 + 3.2 * num_rows)) as figure:
        panels = figure.subplots(num_rows, num_columns, squeeze=False).flatten()
        memory, time, *cosines = panels[: 2 + len(weights)]
        cosines[0].sharey(cosines[-1])
        for index, name in enumerate(dict.fromkeys(line["name"] for line in lines)):
            rows = sorted(
                (row for row in lines if row["name"] == name), key=lambda row: row["H_cycles"] * row["L_cycles"]
            )
            x = [row["H_cycles"] * row["L_cycles"] for row in rows]
            size = max(4, 10 - index)  # smaller and smaller: of lines that coincide all are seen
            style = {"marker": MARKERS[index % len(MARKERS)], "color": f"C{index % 10}", "markersize": size}
            memory.plot(x, [row["memory_bytes"] / 2**20 for row in rows], label=name, **style)
            time.plot(x, [1000 * row["seconds"] for row in rows], **style)
            for axes, key in zip(cosines, weights, strict=True):
                means = [row["cosine"][key]["mean"] for row in rows]
                low, high = zip(*(row["cosine"][key]["mean_95"] for row in rows), strict=True)
                axes.plot(x, means, **style)
                axes.fill_between(x, low, high, color=style["color"], alpha=0.15, linewidth=0)
        memory.set(title="kept for the backward pass, MiB", yscale="log")
        time.set(title="forward and backward, ms", yscale="log")
        for axes, key in zip(cosines, weights, strict=True):
            axes.set(title=f"cosine with bptt, {key} weights")
        for axes in (memory, time, *cosines):
            _log_x(axes, "N · T")
        for axes in (memory, time):
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.yaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "235" else "")
        figure.suptitle(title)
        figure.legend(loc="outside lower center", ncols=4 if num_rows > 1 else 12, fontsize="small", frameon=False)


def _with_intervals(axes: Any, x: Sequence[float], rows: Sequence[Mapping[str, Any]], **style: Any) -> None:
    solved = [100 * row["solved"] for row in rows]
    below = [100 * (row["solved"] - row["solved_95"][0]) for row in rows]
    above = [100 * (row["solved_95"][1] - row["solved"]) for row in rows]
    axes.errorbar(x, solved, yerr=[below, above], **{"linestyle": "none", "capsize": 3, "markersize": 5, **style})


@contextmanager
def _figure(path: Path, size: tuple[float, float]) -> Iterator[Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # no pyplot: nothing global, no window

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    yield figure
    figure.savefig(path, dpi=150 if size[0] < 8 else 95)


@contextmanager
def _axes(path: Path, xlabel: str, ylabel: str, title: str) -> Iterator[Any]:
    with _figure(path, (7, 4.2)) as figure:
        axes = figure.add_subplot()
        yield axes
        _log_x(axes, xlabel)
        axes.set(ylabel=ylabel, title=title)
        _legend(axes)


def _log_x(axes: Any, xlabel: str) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}" if value >= 1 else f"{value:.2g}")
    axes.set_xlabel(xlabel)
    axes.grid(alpha=0.3)


def _legend(axes: Any) -> None:
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
