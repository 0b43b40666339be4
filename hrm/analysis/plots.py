"""Figures. The one place that imports matplotlib, and only when something is drawn."""

from __future__ import annotations

import importlib.util
import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hrm.errors import InputError
from hrm.files import check_writable, write_whole

FORMATS = (".png", ".svg", ".pdf")
"""Endings of the files that a figure may be: pixels, and two kinds of lines; matplotlib knows more."""
MARKERS = "osD^v<>Phx*p"
"""Matplotlib's markers of the lines of a figure, in this order, chosen by eye; sizes and colours below are, too."""


FEW_POINTS = 40
"""Reports up to which each one of a run has a mark; chosen by eye."""

HOLLOW = {"markersize": 10, "markerfacecolor": "none", "markeredgewidth": 1.5}
"""A marker that lies around others."""


def check_can_draw(path: Path) -> None:
    """``InputError`` before any work is done where a figure could not be written."""
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: a figure is a file of {', '.join(FORMATS)}")
    check_writable(path)
    if not can_draw():
        raise InputError("figures need matplotlib: pip install 'hrm-lab[plot]'")


def can_draw() -> bool:
    """True where matplotlib is there."""
    return importlib.util.find_spec("matplotlib") is not None


def plot_segments(results: Mapping[str, Any], path: Path) -> None:
    """Accuracy against segments with 95 % intervals, and where halting by q stands; from ``results.json``."""
    if results["solved"] is None:
        raise InputError(f"{path}: nothing to draw, no puzzle has a known answer")
    rows, halting, certain = results["segments"], results["halting"], results["certain"]
    with _axes(path, "segments", "puzzles solved, %", _title(results)) as axes:
        _with_intervals(axes, [row["segments"] for row in rows], rows, label="all of them", marker="o", linestyle="-")
        _with_intervals(axes, [halting["mean_segments"]], [halting], label="until it halts (mean)", marker="s")
        sure = f"until {certain['q_threshold']:.0%} certain (mean)"
        _with_intervals(axes, [certain["mean_segments"]], [certain], label=sure, marker="^")


def plot_compared(results: Mapping[str, Any], path: Path) -> None:
    """Accuracy against the mean number of segments spent, a point for every setting (``Compared.figures``)."""
    if any(row["solved"] is None for row in results["settings"]):
        raise InputError(f"{path}: nothing to draw, no puzzle has a known answer")
    with _axes(path, "segments spent on a puzzle (mean)", "puzzles solved, %", _title(results)) as axes:
        for index, row in enumerate(results["settings"]):
            _with_intervals(
                axes, [row["mean_segments"]], [row], label=row["name"], marker=MARKERS[index % len(MARKERS)]
            )


def plot_solved(rows: Sequence[Mapping[str, Any]], path: Path, title: str) -> None:
    """The share that each model solves, with 95 % intervals, one below the other (``llm.rows.Row.figures``)."""
    with _figure(path, (8, 1.5 + 0.45 * len(rows))) as figure:
        axes = figure.add_subplot()
        for index, row in enumerate(rows):
            low, high = row["solved_95"]
            error = [[100 * (row["solved"] - low)], [100 * (high - row["solved"])]]
            marker = "o" if "segments" in row else "s"
            axes.errorbar([100 * row["solved"]], [index], xerr=error, marker=marker, capsize=3, color=f"C{index % 10}")
        labels = [f"{row['model']}{', Python' if row['tools'] == 'python' else ''}\n{row['puzzles']:,}" for row in rows]
        axes.set_yticks(range(len(rows)), labels, fontsize="small")
        axes.set(xlabel="puzzles solved, %", xlim=(-3, 103), ylim=(len(rows) - 0.5, -0.5))
        axes.set_title(title, fontsize="medium", loc="left")
        axes.grid(alpha=0.3)


def _title(results: Mapping[str, Any]) -> str:
    """A second line for the model: the task, how many puzzles, the seed of the run."""
    seed = "" if results.get("seed") is None else f", seed {results['seed']}"
    return f"{results['model']}\n{results['task']}: {results['puzzles']:,} puzzles ({results['data']}){seed}"


def plot_study(rows: Sequence[Mapping[str, Any]], path: Path, title: str, task: str) -> None:
    """Accuracy against segments, a line for every point of a study and a hollow marker where its model halts; the same
    against the arithmetic spent where a segment does not cost the same for all. Rows as ``summarize_study`` makes them.
    """
    panels = {"segments when solving": [1.0 for _ in rows]}
    if len({row["segment_flops"] for row in rows}) > 1:
        panels["GFLOP spent on a puzzle"] = [row["segment_flops"] / 1e9 for row in rows]
    seeds = ", ".join(map(str, rows[0]["seeds"]))
    about = f"{task}: {rows[0]['puzzles']:,} held-out puzzles, seed{'s' * (len(rows[0]['seeds']) > 1)} {seeds}"
    with _figure(path, (3 + 4 * len(panels), 4.2)) as figure:
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for panel, (xlabel, factors) in zip(axes, panels.items(), strict=True):
            for index, (row, factor) in enumerate(zip(rows, factors, strict=True)):
                style = {"color": f"C{index % 10}", "marker": MARKERS[index % len(MARKERS)]}
                x = [factor * read["segments"] for read in row["segments"]]
                _with_intervals(panel, x, row["segments"], label=row["label"], linestyle="-", **style)
                halting = row["halting"]
                _with_intervals(panel, [factor * halting["mean_segments"]], [halting], **style, **HOLLOW)
            panel.plot([], [], linestyle="none", marker="o", color="grey", **HOLLOW, label="hollow: until it halts")
            _log_x(panel, xlabel)
        axes[0].set_ylabel("puzzles solved, %")
        figure.suptitle(f"{title}\n{about}", x=0.01, ha="left", fontsize="medium")
        _legend(axes[-1])


def plot_runs(
    runs: Mapping[str, Mapping[str, Sequence[float]]], fields: Mapping[str, str], path: Path, against: str
) -> None:
    """The reports of runs over steps, minutes or operations: a panel for each field that any of them has."""
    shown = [field for field in fields if any(value == value for curve in runs.values() for value in curve[field])]
    with _figure(path, (4 * len(shown) + 2, 4.2)) as figure:
        panels = figure.subplots(1, len(shown), squeeze=False)[0]
        for axes, field in zip(panels, shown, strict=True):
            for index, (name, curve) in enumerate(runs.items()):
                points = [(x, y) for x, y in zip(curve["x"], curve[field], strict=True) if y == y]
                style = {"color": f"C{index % 10}", "marker": "." if len(points) < FEW_POINTS else ""}
                label = f" {name}" if name.startswith("_") else name  # matplotlib keeps such names to itself
                axes.plot(*zip(*points, strict=True) if points else ([], []), label=label, **style)
            axes.set(xlabel=against, ylabel=fields[field])
            if against == "operations":
                axes.set(xlabel="training, operations (FLOP)", xscale="log")
                axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0e}".replace("e+", "e"))
            axes.grid(alpha=0.3)
        _legend(panels[-1])


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


def picture_of(draw: Callable[[Any], None], title: str, ending: str, size: tuple[float, float] = (10, 5.5)) -> bytes:
    """The file, of that ending (png, svg), of what ``draw`` draws. Raises ``InputError`` where that fails."""
    with _drawn(size, ending, 110) as (figure, picture):
        figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
        draw(figure)
    return picture.getvalue()


@contextmanager
def _drawn(size: tuple[float, float], ending: str, dpi: int) -> Iterator[tuple[Any, io.BytesIO]]:
    """A figure to draw onto, and the file that it then becomes. Names are no formulas, and what a font lacks is no
    fault of anybody's. Raises ``InputError`` for whatever goes wrong: fonts, numbers, versions."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # no pyplot: nothing global, no window

    picture = io.BytesIO()
    try:
        with warnings.catch_warnings(), rc_context({"text.parse_math": False}):
            warnings.simplefilter("ignore")
            figure = Figure(figsize=size, layout="constrained")
            FigureCanvasAgg(figure)
            yield figure, picture
            figure.savefig(picture, format=ending, dpi=dpi)
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
        raise InputError(f"the figure could not be drawn ({reason:.160})") from error


@contextmanager
def _figure(path: Path, size: tuple[float, float]) -> Iterator[Any]:
    """A figure that is written to ``path`` afterwards; where that fails, the results are written already."""
    try:
        with _drawn(size, path.suffix[1:].lower(), 150 if size[0] < 8 else 95) as (figure, picture):
            yield figure
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    write_whole(path, picture.getvalue())


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
