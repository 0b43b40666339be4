"""The terminal, with colour where it can show it (rich honours NO_COLOR and pipes); and where results go."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from hrm.errors import ELSEWHERE, InputError
from hrm.files import FILE_ENDINGS, check_writable, writable, write_whole

if TYPE_CHECKING:
    from hrm.store.folder import LoadedModel


class Terminal(Console):
    """rich's, which leaves a reader that has gone away (``| head``) to ``net.guarded``, like any ``print``."""

    def on_broken_pipe(self) -> None:
        raise


console = Terminal(highlight=False, soft_wrap=True)

NO_END = 10_000
"""Columns of a screen on which any table has room."""


def board(ansi: str) -> Text:
    """A board that a task rendered, for ``console.print``."""
    return Text.from_ansi(ansi)


def print_table(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, spare: Sequence[str] = ()
) -> None:
    """A table of numbers, a line each: where the screen is too narrow the columns ``spare`` are left out, in this order
    and no more than needed. What is still too wide stays whole: no text is cut."""
    rows, shown = list(rows), list(headings)
    for heading in [*spare, None]:
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
        places = [place for place, name in enumerate(headings) if name in shown]
        for place in places:
            table.add_column(headings[place], justify="right", no_wrap=True)
        for row in rows:
            table.add_row(*(Text(row[place]) for place in places))
        width = Measurement.get(console, console.options.update(max_width=NO_END), table).maximum
        if width <= console.width or heading is None:
            break
        shown.remove(heading)
    if title:
        console.print(Text(f"{title}\n", style="table.title"), soft_wrap=False)
    Terminal(file=console.file, width=max(width, console.width)).print(table)
    console.print()


def fetch(url: str, target: Path) -> None:
    """Download with a bar, and print a line on how it ended."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from hrm.datasets.download import download  # urllib and ssl: for those who fetch

    columns = (TextColumn(target.name), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=None)
        record = download(url, target, lambda done, size: progress.update(bar, completed=done, total=size))
    if record is None:
        console.print(f"{target} is there already: nothing fetched", markup=False)
    else:
        against = "checked by nothing yet" if record.checked == "nothing" else f"{record.checked} as the server says"
        console.print(f"{target}: {record.size:,} bytes, {against}; SHA-256 {record.sha256}", markup=False)


def place_for(loaded: LoadedModel, name: str) -> Path:
    """Folder of the results: the run or model folder, but neither the package nor where models of the hub are kept."""
    from hrm.store.hub import is_hub_id
    from hrm.store.locate import BUILTIN, run_of

    folder = run_of(loaded)
    return Path() if folder.is_relative_to(BUILTIN) or is_hub_id(name) else folder


def stem(file: Path) -> str:
    """The name of a data file or folder without what it ends in: ``mine`` for ``mine.csv.gz``."""
    name = Path(file.resolve().name)
    if name.suffix.lower() == ".gz":
        name = name.with_suffix("")
    is_ending = not file.is_dir() or name.suffix.lower() in FILE_ENDINGS  # v1.2 is the whole name of a folder
    return name.stem if is_ending else name.name


def check_places(*paths: Path | None, kept: Path | None = None) -> None:
    """``InputError``, before anything is measured, for results that could not be written, or two of one name, or one
    in the place of the file ``kept``, which they are about."""
    from hrm.store.locate import refuse_own  # numpy: for those who measure

    places = [path for path in paths if path is not None]
    for number, path in enumerate(places):
        if path.resolve() in [other.resolve() for other in places[:number]]:
            raise InputError(f"{path}: two results would have this one place; {ELSEWHERE}")
        if kept is not None and path.resolve() == kept.resolve():
            raise InputError(f"{path}: results would replace the data that they are about; {ELSEWHERE}")
        advice = ELSEWHERE if path == paths[0] else "choose another place for it"
        refuse_own(path, advice)
        check_writable(path, advice)


def write_results(files: Mapping[Path, bytes]) -> None:
    """Write files and their folders, each whole or not at all. Raises ``InputError`` where one cannot be written."""
    for path, content in files.items():
        with writable(path, ELSEWHERE):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content, ELSEWHERE)


def as_csv(rows: Iterable[dict[str, Any]]) -> bytes:
    """A header and a line per row; nothing for no rows."""
    text = io.StringIO()
    rows = list(rows)
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue().encode()
