"""``hrm data fetch NAME``"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from hrm.cli.output import console, fetch
from hrm.cli.reading import options_of
from hrm.datasets.archive import unpack
from hrm.datasets.catalog import DATASETS, NOT_PINNED, Archive, Files
from hrm.datasets.download import hub_url, read_records
from hrm.errors import look_up

HELP = (
    "usage: hrm data fetch NAME [--out FOLDER] [--unpinned]\n\n"
    "Downloads a public data set to data/NAME, where the recipes look for it. An interrupted download goes on\n"
    "where it stopped; checksums are checked and written to fetched.json beside the files. HF_ENDPOINT in the\n"
    "environment names a mirror of the hub. Repositories of GitHub are fetched at a known commit; --unpinned takes\n"
    "what is newest there.\n\n" + "".join(f"  {n:16s}{d.about}\n" for n, d in DATASETS.items())
)


@dataclass(frozen=True, kw_only=True)
class Options:
    name: tyro.conf.Positional[str]
    """Which data set."""
    out: Path | None = None
    """Where to (data/NAME when not given)."""
    unpinned: bool = False
    """Take what is newest, unchecked, in place of the commit and the content that are known."""


def main(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help"):
        print(HELP, end="")
        return 0 if args else 2
    options = options_of(Options, args, "hrm data fetch", description=HELP)
    dataset = look_up(DATASETS, options.name, "data set")
    out = options.out or Path("data") / options.name
    if isinstance(dataset, Files):
        for name in dataset.names:
            revision = "main" if options.unpinned or dataset.revision is None else dataset.revision
            fetch(hub_url(dataset.repository, name, revision), out / name)
        if dataset.revision is None:
            console.print(NOT_PINNED, markup=False)
    else:
        fetch_folder(dataset, out, unpinned=options.unpinned)
    return 0


def fetch_folder(archive: Archive, out: Path, *, unpinned: bool) -> None:
    """The archive, and the JSON files of its folder unpacked, checked unless ``unpinned``. Raises ``InputError``."""
    packed, target = out / "repository.zip", out / archive.folder
    fetch(archive.url(newest=unpinned), packed)
    if target.exists():
        console.print(f"{target} is there already: left as it is", markup=False)
        return
    digest = None if unpinned else archive.digest
    num = unpack(packed, archive.folder, target, digest)
    content = "content as known" if digest else "content unchecked"
    record = read_records(out).get(packed.name)  # there may be an archive of another time, or of a person
    at = f", commit {archive.commit[:12]}" if record is not None and record.url == archive.url() else ""
    console.print(f"{target}: {num:,} files{at}, {content}", markup=False)
