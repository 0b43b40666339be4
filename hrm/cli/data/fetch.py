"""``hrm data fetch NAME``"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from hrm.cli.output import console, fetch
from hrm.datasets.archive import unpack
from hrm.datasets.catalog import DATASETS, Archive, Files
from hrm.datasets.download import hub_url
from hrm.errors import look_up

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


def fetch_folder(archive: Archive, out: Path) -> None:
    """Fetches the archive and unpacks the JSON files of its folder."""
    packed, target = out / "repository.zip", out / archive.folder
    fetch(archive.url, packed)
    if target.exists():
        console.print(f"{target} is there already: left as it is", markup=False)
        return
    num = unpack(packed, archive.folder, target)
    console.print(f"{target}: {num:,} files", markup=False)
