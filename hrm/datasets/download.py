"""Files from the web, over plain https: resumed after a cut connection, checked, and in place only when whole.

What a file must be is learnt from the server before the first byte: the Hugging Face hub tells the SHA-256 of its
large files (``X-Linked-Etag``) and the git hash of its small ones (``ETag``). A server that tells neither is trusted
the first time. Either way the SHA-256 of what came is written down beside the file, and from then on it has to be the
same.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import importlib.metadata
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from email.message import Message
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from hrm.errors import InputError
from hrm.files import decode, parse_json, read_json, writable, write_whole

HUB = "https://huggingface.co"
TIMEOUT_S = 30
BLOCK = 1 << 20
ATTEMPTS = 5
"""How often a cut connection is taken up again, as long as each time brings something."""

RECORDS = "fetched.json"
"""Beside the files: where each came from and its checksum."""

RepositoryKind = Literal["datasets", "models"]

Progress = Callable[[int, int | None], None]
"""Bytes so far, and bytes in all where the server says."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """Facts written down of a file that was fetched."""

    url: str
    size: int
    sha256: str
    checked: str
    """Against what the first copy was checked: "sha256" or "git sha1" of the server, or "nothing"."""
    commit: str | None
    """Of the hub's repository."""


class Remote(NamedTuple):
    """Facts that a server tells of a file before it sends it."""

    size: int | None
    sha256: str | None
    git_sha1: str | None
    commit: str | None


def hub_url(
    repository: str, file: str, revision: str = "main", kind: Literal["datasets", "models"] = "datasets"
) -> str:
    """Address of a file of a data set or a model."""
    place = f"{'datasets/' if kind == 'datasets' else ''}{repository}/resolve/{quote(revision, safe='')}/{quote(file)}"
    return f"{endpoint()}/{place}"


def hub_files(repository: str, revision: str | None = None) -> list[str]:
    """Files of a model on the hub, by name. Raises ``InputError`` without a connection or such a model."""
    url = f"{endpoint()}/api/models/{repository}"
    if revision is not None:
        url += f"/revision/{quote(revision, safe='')}"
    try:
        with urllib.request.urlopen(_request(url), timeout=TIMEOUT_S) as answer:
            said = parse_json(decode(answer.read(), url), url)
        return [str(file["rfilename"]) for file in said["siblings"]]
    except urllib.error.HTTPError as error:
        error.close()
        where = "" if revision is None else f" with a revision {revision}"
        raise InputError(f"{_refused(url, error)}. Is {repository} a model of the hub{where}?") from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise InputError(
            f"{url}: no connection ({reason}). Try again, or get its files in another way and name their folder"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{url}: this is not how the hub answers; does HF_ENDPOINT name a mirror of it?") from error


def endpoint() -> str:
    """The hub. HF_ENDPOINT in the environment names a mirror, as for the hub's own tools. Raises ``InputError``."""
    url = (os.environ.get("HF_ENDPOINT") or HUB).strip().rstrip("/")
    if not re.match(r"https?://[^/\s]+", url):
        raise InputError(f"HF_ENDPOINT is {url!r}: it must be an address like {HUB}")
    return url


def _token() -> str | None:
    """Who one is on the hub, as for the hub's own tools."""
    return os.environ.get("HF_TOKEN", "").strip() or None


def _request(
    url: str, method: str = "GET", headers: Mapping[str, str] = MappingProxyType({})
) -> urllib.request.Request:
    """A request. The token goes to the hub alone, and not on to where the hub sends one."""
    request = urllib.request.Request(url, method=method, headers=_headers() | dict(headers))
    if (token := _token()) and url.startswith(f"{endpoint()}/"):
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    return request


def _refused(url: str, error: urllib.error.HTTPError) -> str:
    """What a server says, and what to do where it does not know one."""
    who = ""
    if error.code in (401, 403) and url.startswith(f"{endpoint()}/"):
        who = " (no such repository, or a private one: HF_TOKEN says who you are" + (
            ", and has no right to it)" if _token() else ", and is not set)"
        )
    return f"{url}: the server says {error.code} {error.reason}{who}"


def download(url: str, target: Path, on_progress: Progress = lambda done, size: None) -> Record | None:
    """``url`` brought to ``target``; None when it is there already. What is at ``target`` is whole and checked.

    A file that a person put there is left alone. Raises ``InputError`` without a connection, for an address that is
    not there, for a wrong checksum, and for a file that is no longer what was fetched first.
    """
    record = read_records(target.parent).get(target.name)
    if target.exists():
        if record is not None and sha256_of(target) != record.sha256:
            raise InputError(f"{target} is not what was fetched (its checksum differs): delete it and fetch it again")
        return None
    with writable(target), _connected(url, target):
        remote = _ask(url)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.part")  # not write_whole's: what has come is kept, to go on with
        _bring(url, partial, remote, on_progress)
        new = _checked(url, partial, remote, record)
        os.replace(partial, target)
        _write_record(target, new)
    return new


@contextlib.contextmanager
def _connected(url: str, target: Path) -> Iterator[None]:
    """What the server and the way to it refuse, as ``InputError``."""
    try:
        yield
    except urllib.error.HTTPError as error:
        raise InputError(f"{_refused(url, error)}. {_by_hand(target)}") from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise InputError(f"{url}: no connection ({reason}). {_by_hand(target)}") from error


def _by_hand(target: Path) -> str:
    return f"Try again (what has come is kept), or get the file in another way and put it at {target}"


def _ask(url: str) -> Remote:
    """What the server says of the file. The hub says it with the redirection, so that is not followed here."""
    try:
        with urllib.request.build_opener(_NoRedirect).open(_request(url, "HEAD"), timeout=TIMEOUT_S) as answer:
            headers, is_redirected = answer.headers, False
    except urllib.error.HTTPError as error:
        if not 300 <= error.code < 400:
            raise
        headers, is_redirected = error.headers, True
        error.close()
    etag = (headers.get("X-Linked-Etag") or headers.get("ETag") or "").removeprefix("W/").strip('"')
    size = headers.get("X-Linked-Size") or (None if is_redirected else headers.get("Content-Length"))
    is_hub = headers.get("X-Repo-Commit") is not None  # elsewhere an ETag may mean anything
    return Remote(
        size=int(size) if size and size.isdecimal() else None,
        sha256=etag if is_hub and re.fullmatch(r"[0-9a-f]{64}", etag) else None,
        git_sha1=etag if is_hub and re.fullmatch(r"[0-9a-f]{40}", etag) else None,
        commit=headers.get("X-Repo-Commit"),
    )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_options: Any) -> None:
        return None


def _bring(url: str, partial: Path, remote: Remote, on_progress: Progress) -> None:
    """Fills ``partial``, going on after what is there. Without a checksum to tell by, it starts anew."""
    if remote.sha256 is None and remote.git_sha1 is None:
        partial.unlink(missing_ok=True)
    for attempt in range(ATTEMPTS):
        before = _size(partial)
        if remote.size is not None and before >= remote.size:
            return
        try:
            _receive(url, partial, before, remote, on_progress)
        except (http.client.HTTPException, TimeoutError, ConnectionError):
            if attempt + 1 == ATTEMPTS or _size(partial) <= before:
                raise
        else:
            return


def _receive(url: str, partial: Path, start: int, remote: Remote, on_progress: Progress) -> None:
    """One request for the bytes from ``start`` on."""
    headers = {"Range": f"bytes={start}-"} if start else {}
    with urllib.request.urlopen(_request(url, headers=headers), timeout=TIMEOUT_S) as answer:
        done = start if answer.status == http.HTTPStatus.PARTIAL_CONTENT else 0  # else the server sends all of it
        expected = remote.size if remote.size is not None else _content_length(answer.headers, done)
        with open(partial, "ab" if done else "wb") as out:
            while block := answer.read(BLOCK):
                out.write(block)
                done += len(block)
                on_progress(done, expected)
    if expected is not None and done < expected:  # read() in blocks does not tell a cut from an end
        raise http.client.IncompleteRead(b"", expected - done)


def _content_length(headers: Message, start: int) -> int | None:
    length = headers.get("Content-Length")
    return None if length is None else start + int(length)


def _checked(url: str, partial: Path, remote: Remote, record: Record | None) -> Record:
    """The record of a file that is what it must be; otherwise nothing of it stays."""
    size, sha256 = _size(partial), sha256_of(partial)
    checked = "sha256" if remote.sha256 else "git sha1" if remote.git_sha1 else "nothing"
    if (remote.sha256 not in (None, sha256)) or (remote.git_sha1 not in (None, _git_sha1_of(partial))):
        partial.unlink()
        raise InputError(f"{url}: what came has a wrong checksum and was deleted; fetch it again")
    if record is not None and record.sha256 != sha256:
        partial.unlink()
        raise InputError(
            f"{url} is no longer the file that was fetched here first (SHA-256 {record.sha256[:12]}..., now "
            f"{sha256[:12]}...): to accept the new one, delete its entry in {partial.with_name(RECORDS)}"
        )
    return Record(url=url, size=size, sha256=sha256, checked=checked, commit=remote.commit)


def read_records(folder: Path) -> dict[str, Record]:
    """File name -> its record. Raises ``InputError`` when the file of records was spoilt."""
    path = folder / RECORDS
    if not path.exists():
        return {}
    try:
        return {name: Record(**values) for name, values in read_json(path).items()}
    except (InputError, TypeError) as error:
        raise InputError(f"{path} cannot be read: {error}. Delete it to fetch without it") from error


def _write_record(target: Path, record: Record) -> None:
    records = read_records(target.parent) | {target.name: record}
    path = target.with_name(RECORDS)
    content = json.dumps({name: asdict(values) for name, values in records.items()}, indent=2) + "\n"
    write_whole(path, content.encode())


def sha256_of(file: Path) -> str:
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _git_sha1_of(file: Path) -> str:
    """How git names the content of a file."""
    digest = hashlib.sha1(b"blob %d\0" % _size(file), usedforsecurity=False)
    with open(file, "rb") as content:
        while block := content.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _headers() -> dict[str, str]:
    return {"User-Agent": f"hrm-lab/{_version()}", "Accept-Encoding": "identity"}


def _version() -> str:
    """Of this package, where it is installed."""
    try:
        return importlib.metadata.version("hrm-lab")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
