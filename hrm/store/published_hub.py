"""Checkpoints of the published code on the hub: what a person names, and which files of a repository it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from hrm.errors import InputError
from hrm.files import kind_of
from hrm.store.published import CONFIG, choose, config_in, is_weights

_NAME = re.compile(r"(?P<repository>\w[\w.-]*/\w[\w.-]*?)(?:/(?P<path>[^@]+?))?/?(?:@(?P<revision>[^@]+))?")
_ADDRESS = re.compile(
    r"https?://[^/]+/(?P<repository>[\w.-]+/[\w.-]+)(?:/(?:blob|resolve|tree)/(?P<revision>[^/?]+)(?:/(?P<path>[^?]+))?)?/?(?:\?.*)?"
)


class HubPlace(NamedTuple):
    """A file or folder of a model on the hub."""

    repository: str
    path: str | None  # None: its top
    revision: str | None

    @property
    def folder(self) -> str:
        """Folder for its files here: those of another revision are other files."""
        end = "" if self.revision is None else "@" + re.sub(r"[^\w.-]", "_", self.revision)
        return self.repository + end

    def __str__(self) -> str:
        return "/".join(filter(None, (self.repository, self.path)))


def read_place(source: str, revision: str | None = None) -> HubPlace | None:
    """The place on the hub that ``source`` names: ``OWNER/NAME``, ``OWNER/NAME/PATH``, ``...@REVISION``, or the address
    of a page of it; None where it is, or can only be meant as, a place on this machine. Raises ``InputError``."""
    match = _ADDRESS.fullmatch(source) or _NAME.fullmatch(source)
    if match is None or kind_of(source) is not None:
        return None
    is_address, path = "://" in source, match["path"]
    if not is_address and path is not None and kind_of(match["repository"].split("/")[0]) == "folder":
        return None  # a mistyped path of this machine
    if revision is not None and match["revision"] not in (None, revision):
        raise InputError(f"{source} names the revision {match['revision']}, --revision {revision}: which one is meant?")
    return HubPlace(match["repository"], path.strip("/") if path else None, revision or match["revision"])


def choose_on_hub(
    place: HubPlace, names: Sequence[str], step: int | None, needs_config: bool = True
) -> tuple[str, str | None]:
    """Weights and configuration among the files of a repository. Raises ``InputError`` that says what there is."""
    where = f"{place} on the hub"
    is_file = place.path in names
    if is_file and step is not None:
        raise InputError(f"{where} is a file: --step chooses among the files of a folder")
    folder = (place.path or "").rpartition("/")[0] if is_file else (place.path or "")
    start = f"{folder}/" if folder else ""
    here = [name.removeprefix(start) for name in names if name.startswith(start)]
    if place.path is not None and not here:
        raise InputError(f"{place.repository} on the hub has no {place.path}. There are: {_listed(names)}")
    files = [name for name in here if "/" not in name]
    config = config_in(files)
    if config is None and needs_config and not any(name.endswith(".ckpt") for name in files):
        within = sorted({name.rpartition("/")[0] for name in here if config_in([name.rpartition("/")[2]])})
        if within and not is_file:
            raise InputError(
                f"{where} has no {CONFIG} of its own; name a folder of it: {place.repository}/{start}{within[0]}"
                + (f" (there are {', '.join(within[:8])})" if len(within) > 1 else "")
            )
        raise InputError(
            f"{where} is not a checkpoint of the published code: it has no {CONFIG}. Files: {_listed(names)}"
        )
    if is_file:
        weights = str(place.path)
    else:
        weights = start + choose([name for name in files if is_weights(name)], step, str(place))
    return weights, None if config is None or not needs_config else start + config


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") or "none"
