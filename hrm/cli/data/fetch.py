"""``hrm data fetch NAME``"""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from hrm.cli.output import console
from hrm.datasets.download import download, hub_url
from hrm.errors import InputError, look_up


@dataclass(frozen=True, kw_only=True)
class Files:
    """Files of a data set on the hub."""

    about: str
    repository: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A folder of JSON files out of a repository on GitHub."""

    about: str
    url: str
    folder: str
    """Which folder of the repository; it keeps its name."""


DATASETS: dict[str, Files | Archive] = {
    "sudoku-extreme": Files(
        about="3,831,994 + 422,786 Sudokus with ratings (about 0.8 GB)",
        repository="sapientinc/sudoku-extreme",
        names=("train.csv", "test.csv"),
    ),
    "maze-hard": Files(
        about="1,000 + 1,000 mazes of 30 x 30 with paths longer than 110",
        repository="sapientinc/maze-30x30-hard-1k",
        names=("train.csv", "test.csv"),
    ),
    "arc-agi-1": Archive(
        about="400 + 400 tasks of ARC-AGI-1",
        url="https://github.com/fchollet/ARC-AGI/archive/refs/heads/master.zip",
        folder="data",
    ),
    "arc-agi-2": Archive(
        about="1,000 + 120 tasks of ARC-AGI-2",
        url="https://github.com/arcprize/ARC-AGI-2/archive/refs/heads/main.zip",
        folder="data",
    ),
    "concept-arc": Archive(
        about="160 tasks of ConceptARC, ten for each of 16 concepts",
        url="https://github.com/victorvikram/ConceptARC/archive/refs/heads/main.zip",
        folder="corpus",
    ),
}

HELP = (
    "usage: hrm data fetch NAME [--out FOLDER]\n\n"
    "Downloads a public data set to data/NAME, where the recipes look for it. An interrupted download goes on\n"
    "where it stopped; checksums are checked and written to fetched.json beside the files. HF_ENDPOINT in the\n"
    "environment names a mirror of the hub.\n\n" + "".join(f"  {n:16s}{d.about}\n" for n, d in DATASETS.items())
)


@dataclass(frozen=True, kw_only=True)
class Options:
    name: tyro.conf.Positional[str]
    """Which data set."""
    out: Path | None = None
    """Where to (data/NAME when not given)."""


def main(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help"):
        print(HELP, end="")
        return 0 if args else 2
    options = tyro.cli(Options, args=args, prog="hrm data fetch", description=HELP)
    dataset = look_up(DATASETS, options.name, "data set")
    out = options.out or Path("data") / options.name
    if isinstance(dataset, Files):
        for name in dataset.names:
            fetch(hub_url(dataset.repository, name), out / name)
    else:
        fetch_folder(dataset, out)
    return 0


def fetch(url: str, target: Path) -> None:
    """``download`` with a bar, and a line on how it ended."""
    columns = (TextColumn(target.name), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=None)
        record = download(url, target, lambda done, size: progress.update(bar, completed=done, total=size))
    if record is None:
        console.print(f"{target} is there already: nothing fetched", markup=False)
    else:
        against = "checked by nothing yet" if record.checked == "nothing" else f"{record.checked} as the server says"
        console.print(f"{target}: {record.size:,} bytes, {against}; SHA-256 {record.sha256}", markup=False)


def fetch_folder(archive: Archive, out: Path) -> None:
    """Fetches the archive and unpacks the JSON files of its folder; the folder appears whole or not at all."""
    packed, target = out / "repository.zip", out / archive.folder
    fetch(archive.url, packed)
    if target.exists():
        console.print(f"{target} is there already: left as it is", markup=False)
        return
    unfinished = out / f".{archive.folder}.tmp"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        num = unpack(packed, archive.folder, unfinished)
        os.replace(unfinished, target)
    except (zipfile.BadZipFile, EOFError) as error:
        raise InputError(f"{packed} is not a zip archive ({error}): delete it and fetch again") from error
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    console.print(f"{target}: {num:,} files", markup=False)


def unpack(packed: Path, folder: str, target: Path) -> int:
    """The JSON files of ``folder``, at most two levels deep, into ``target``; how many. Other names are not touched."""
    wanted = re.compile(rf"[^/]+/{re.escape(folder)}/((?:\w[\w.-]*/)?\w[\w.-]*\.json)")
    with zipfile.ZipFile(packed) as archive:
        members = [(name, match[1]) for name in archive.namelist() if (match := wanted.fullmatch(name))]
        if not members:
            raise InputError(f"{packed}: there is no folder {folder} with JSON files in it: delete it and fetch again")
        for name, place in members:
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            (target / place).write_bytes(archive.read(name))
    return len(members)
