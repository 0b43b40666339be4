"""Model folders on the Hugging Face hub, through its own ``ModelHubMixin``. Nothing here is needed to use a local one.

``huggingface_hub`` is an extra and is imported when it is first needed. HF_ENDPOINT, HF_TOKEN and HF_HOME in the
environment work as everywhere: another server, who one is, where the files are kept.
"""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrm.errors import InputError
from hrm.files import kind_of
from hrm.store.published import IMPORT, config_in, step_of

if TYPE_CHECKING:
    from huggingface_hub import ModelHubMixin

LIBRARY = "hrm-lab"
RUNS = "runs"
"""Where ``hrm train`` puts runs unless told otherwise."""
FILES = ("config.json", "model.safetensors", "README.md")
"""What is fetched; a repository may hold more."""
PATIENCE_S = 5
"""How long a connection may take to be made; a copy that is here is used after that, or nothing."""


def is_hub_id(name: str) -> bool:
    """True where ``name`` can only be meant as ``user/name`` on the hub: neither it nor a folder ``user`` is here, and
    it is not in the folder where runs go: a mistyped run is never asked of a server."""
    is_id = re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", name) is not None
    is_local = kind_of(name) is not None or kind_of(Path(name).parent) == "folder" or name.startswith(f"{RUNS}/")
    return is_id and not is_local


def fetch(repo_id: str, **options: Any) -> Path:
    """The folder of a model of the hub, fetched unless it is here already.

    The options are those of ``ModelHubMixin.from_pretrained``: revision, token, cache_dir, force_download,
    local_files_only. Raises ``InputError`` without the package, without a connection, and for a model that is not
    there or not ours.
    """
    what = f"there is no folder {repo_id} here, and no model of that name from the hub"
    Folder = _folder_class(what)
    options.setdefault("local_files_only", False)
    if not options["local_files_only"] and (reason := _unreachable()):
        what, options["local_files_only"] = f"{what}: no connection to the hub ({reason})", True
    with _told_in_one_line(what):
        if not options["local_files_only"]:
            _require_ours(repo_id, options)
        return Path(Folder.from_pretrained(repo_id, **options).path)


def _unreachable() -> str | None:
    """Why the hub cannot be reached, None where it can: its own package would try six times, for 24 seconds. Behind a
    proxy that is for the package to find out."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    from hrm.datasets.download import endpoint

    url = urlsplit(endpoint())
    host = url.hostname or ""
    if url.scheme in getproxies() and not proxy_bypass(host):
        return None
    try:
        with socket.create_connection((host, url.port or (443 if url.scheme == "https" else 80)), PATIENCE_S):
            return None
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or error)


def _require_ours(repo_id: str, options: Mapping[str, Any]) -> None:
    """``InputError`` for a repository without a model of ours: one of the published code has to be imported."""
    from huggingface_hub import list_repo_files

    revision = options.get("revision")
    names = list_repo_files(repo_id, revision=revision, token=options.get("token"))
    if FILES[1] in names:
        return
    if any(config_in([Path(name).name]) or step_of(Path(name).name) is not None for name in names):
        at = repo_id if revision is None else f"{repo_id}@{revision}"
        raise InputError(f"{repo_id} on the hub is a checkpoint of the published code: {IMPORT.format(at)}")
    there = f": it holds {', '.join(names[:8])}" if names else ""
    raise InputError(f"{repo_id} on the hub is no model of this package, it has no {FILES[1]}{there}")


def push(write: Callable[[Path], None], repo_id: str, **options: Any) -> str:
    """A repository, made if need be, with the files that ``write`` puts in the folder it is given: one commit.

    The options are those of ``ModelHubMixin.push_to_hub``: private, token, branch, create_pr, commit_message ...
    Returns the address of the commit. Raises ``InputError`` without the package, a connection, or the right to.
    """
    what = f"cannot push to {repo_id}"
    Folder = _folder_class(what)
    if reason := _unreachable():
        raise InputError(f"{what}: no connection to the hub ({reason})")
    with _told_in_one_line(what):
        return str(Folder(write=write).push_to_hub(repo_id, **options))


def _folder_class(what: str) -> Any:
    """A model folder as the mixin sees it. Made here because its base is in the extra."""
    try:
        from huggingface_hub import ModelHubMixin, snapshot_download
    except ImportError as error:
        raise InputError(f"{what}: that needs the package huggingface_hub (pip install 'hrm-lab[hub]')") from error

    class HubFolder(ModelHubMixin, library_name=LIBRARY):
        def __init__(self, path: Path | None = None, write: Callable[[Path], None] | None = None) -> None:
            self.path, self.write = path, write

        def _save_pretrained(self, save_directory: Path) -> None:
            assert self.write is not None
            self.write(save_directory)

        @classmethod
        def _from_pretrained(cls, *, model_id: str, **options: Any) -> ModelHubMixin:  # type: ignore[override]
            known = ("revision", "cache_dir", "force_download", "local_files_only", "token")
            chosen = {name: options[name] for name in known}
            return cls(path=Path(snapshot_download(model_id, allow_patterns=list(FILES), **chosen)))

    return HubFolder


@contextlib.contextmanager
def _told_in_one_line(what: str) -> Iterator[None]:
    """What the hub and the connection raise, as ``InputError``."""
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        yield
    except RepositoryNotFoundError as error:
        raise InputError(f"{what}: no such model on the hub, or it is private and HF_TOKEN is not set") from error
    except LocalEntryNotFoundError as error:
        none = "" if "no connection" in what else " and there is no connection to the hub"
        raise InputError(f"{what}: it is not on this machine{none}") from error
    except HfHubHTTPError as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise InputError(f"{what}: the hub says: {reason}. Is HF_TOKEN set, with the right to write?") from error
    except (HFValidationError, OSError) as error:
        raise InputError(f"{what}: {error}") from error
