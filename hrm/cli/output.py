"""The terminal, with colour where it can show it (rich honours NO_COLOR and pipes); and where results go."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hrm.errors import InputError
from hrm.files import writable, write_whole

if TYPE_CHECKING:
    from hrm.store.folder import LoadedModel


class Terminal(Console):
    """rich's, which leaves a reader that has gone away (``| head``) to ``net.guarded``, like any ``print``."""

    def on_broken_pipe(self) -> None:
        raise


console = Terminal(highlight=False, soft_wrap=True)

ELSEWHERE = "choose another place with --out"


def board(ansi: str) -> Text:
    """A board that a task rendered, for ``console.print``."""
    return Text.from_ansi(ansi)


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table of numbers, narrow enough for 80 columns when its texts are."""
    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def fetch(url: str, target: Path) -> None:
    """A download with a bar, and a line on how it ended."""
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


def check_places(*paths: Path | None) -> None:
    """``InputError``, before anything is measured, for results that would have no folder."""
    for path in paths:
        if path is not None and not path.parent.is_dir():
            raise InputError(f"{path}: there is no folder {path.parent}; {ELSEWHERE}")


def write_results(files: Mapping[Path, bytes]) -> None:
    """Files with their folders, each whole or not at all. Raises ``InputError`` where one cannot be written."""
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
