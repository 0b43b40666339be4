from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from hrm.datasets.download import RECORDS, download, hub_files, hub_url, read_records
from hrm.errors import InputError

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
GIT_SHA1 = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()


@dataclass
class Hub:
    """A stand-in for the hub on this machine: what it says of its one file, and how it misbehaves."""

    url: str = ""
    content: bytes = CONTENT
    etag: str | None = SHA256
    is_hub: bool = True
    understands_ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    """Each of the next answers ends after so many bytes, as if the line was cut."""
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    """Method and Range of every request for the file."""
    tokens: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Authorization of every request."""
    status: int | None = None
    """What it answers in place of everything."""


class Handler(BaseHTTPRequestHandler):
    hub: ClassVar[Hub]

    def log_message(self, *_args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.hub.requests.append(("HEAD", None))
        self.hub.tokens.append((self.path, self.headers.get("Authorization")))
        if "missing" in self.path or self.hub.status is not None:
            self.send_error(self.hub.status or 404)
            return
        # As the hub does: what the file is stands in the redirection, not where it leads to.
        self.send_response(302)
        self.send_header("Location", f"{self.hub.url}/storage")
        if self.hub.etag:
            self.send_header("X-Linked-Etag", f'"{self.hub.etag}"')
        if self.hub.is_hub:
            self.send_header("X-Linked-Size", str(len(self.hub.content)))
            self.send_header("X-Repo-Commit", "c0ffee")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.hub.tokens.append((self.path, self.headers.get("Authorization")))
        if self.path != "/storage":
            self.send_response(302)
            self.send_header("Location", f"{self.hub.url}/storage")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        wanted = self.headers.get("Range")
        self.hub.requests.append(("GET", wanted))
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.hub.understands_ranges else 0
        body = self.hub.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.hub.cuts.pop(0)] if self.hub.cuts else body)
        self.close_connection = True


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("no_proxy", "*")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.hub = Hub(url=f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("HF_ENDPOINT", Handler.hub.url + "/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Handler.hub
    server.shutdown()
    thread.join()
    server.server_close()


URL = "/datasets/some/set/resolve/main/train.csv"


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_addresses_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert hub_url("some/set", "train.csv") == "https://huggingface.co" + URL
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert hub_url("some/set", "train.csv") == "https://mirror.example" + URL
    assert hub_url("a/model", "step_1", kind="models") == "https://mirror.example/a/model/resolve/main/step_1"


def test_the_files_of_a_model(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.content = json.dumps({"id": "a/model", "siblings": [{"rfilename": "x.yaml"}, {"rfilename": "step_1"}]}).encode()
    assert hub_files("a/model") == ["x.yaml", "step_1"]
    for content in (b"<html>", b"[]", b'{"siblings": null}'):
        hub.content = content
        with pytest.raises(InputError, match="not how the hub answers"):
            hub_files("a/model")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(InputError, match="no connection"):
        hub_files("a/model")


@pytest.mark.parametrize(("etag", "checked"), [(SHA256, "sha256"), (GIT_SHA1, "git sha1")])
def test_a_file_comes_whole_and_checked(hub: Hub, tmp_path: Path, etag: str, checked: str) -> None:
    hub.etag, target, seen = etag, tmp_path / "new" / "train.csv", []
    record = download(hub_url("some/set", "train.csv"), target, lambda done, size: seen.append((done, size)))
    assert target.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert record is not None
    assert (record.url, record.size, record.sha256) == (hub.url + URL, len(CONTENT), SHA256)
    assert (record.checked, record.commit) == (checked, "c0ffee")
    assert read_records(target.parent) == {"train.csv": record}
    assert files(target.parent) == [RECORDS, "train.csv"]


def test_what_is_there_is_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    target = tmp_path / "train.csv"
    download(hub.url + URL, target)
    hub.requests.clear()
    assert download(hub.url + URL, target) is None
    target.write_bytes(b"spoilt")
    with pytest.raises(InputError, match="is not what was fetched"):
        download(hub.url + URL, target)
    own = tmp_path / "own.csv"
    own.write_text("mine")
    assert download(hub.url + URL, own) is None
    assert own.read_text() == "mine"
    assert hub.requests == []


def test_a_cut_connection_is_taken_up_where_it_broke(hub: Hub, tmp_path: Path) -> None:
    hub.cuts = [300_000, 200_000]
    download(hub.url + URL, tmp_path / "train.csv")
    assert (tmp_path / "train.csv").read_bytes() == CONTENT
    assert hub.requests == [
        ("HEAD", None),
        ("GET", None),
        ("GET", "bytes=300000-"),
        ("GET", "bytes=500000-"),
    ]


def test_what_came_before_the_program_ended_is_used(hub: Hub, tmp_path: Path) -> None:
    hub.cuts = [400_000, 0, 0]
    with pytest.raises(InputError, match=r"no connection.*Try again .what has come is kept.*put it at .*train\.csv"):
        download(hub.url + URL, tmp_path / "train.csv")
    assert files(tmp_path) == [".train.csv.part"]
    hub.cuts = []
    hub.requests.clear()
    download(hub.url + URL, tmp_path / "train.csv")
    assert hub.requests == [("HEAD", None), ("GET", "bytes=400000-")]
    assert (tmp_path / "train.csv").read_bytes() == CONTENT


def test_a_server_without_ranges_sends_all_of_it_again(hub: Hub, tmp_path: Path) -> None:
    hub.understands_ranges, hub.cuts = False, [300_000]
    download(hub.url + URL, tmp_path / "train.csv")
    assert (tmp_path / "train.csv").read_bytes() == CONTENT


def test_a_part_of_another_version_is_noticed(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / ".train.csv.part").write_bytes(b"old" * 1000)
    with pytest.raises(InputError, match="wrong checksum and was deleted"):
        download(hub.url + URL, tmp_path / "train.csv")
    assert files(tmp_path) == []


@pytest.mark.parametrize("etag", [SHA256[::-1], GIT_SHA1[::-1]])
def test_a_wrong_checksum_leaves_nothing_in_place(hub: Hub, tmp_path: Path, etag: str) -> None:
    hub.etag = etag
    with pytest.raises(InputError, match="wrong checksum"):
        download(hub.url + URL, tmp_path / "train.csv")
    assert files(tmp_path) == []


def test_without_a_checksum_the_first_copy_is_trusted_and_then_pinned(hub: Hub, tmp_path: Path) -> None:
    hub.etag, hub.is_hub, target = None, False, tmp_path / "train.csv"
    (tmp_path / ".train.csv.part").write_bytes(b"nothing tells whether this belongs to it")
    record = download(hub.url + URL, target)
    assert record is not None
    assert (record.checked, record.sha256, record.commit) == ("nothing", SHA256, None)
    target.unlink()
    hub.content = b"something else"
    with pytest.raises(InputError, match=r"no longer the file that was fetched here first.*fetched\.json"):
        download(hub.url + URL, target)
    assert files(tmp_path) == [RECORDS]
    (tmp_path / RECORDS).unlink()
    download(hub.url + URL, target)
    assert target.read_bytes() == b"something else"


def test_an_address_that_is_not_there(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.csv: the server says 404.*put it at .*x\.csv"):
        download(f"{hub.url}/datasets/some/set/resolve/main/missing.csv", tmp_path / "x.csv")
    assert files(tmp_path) == []


def test_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(InputError, match=r"no connection .*put it at .*train\.csv"):
        download("http://127.0.0.1:9/train.csv", tmp_path / "train.csv")  # port 9: nobody listens
    assert files(tmp_path) == []


def test_a_disk_that_refuses(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="cannot write"):
        download(hub.url + URL, tmp_path / "file" / "train.csv")


def test_spoilt_records_are_named(tmp_path: Path) -> None:
    for spoilt in ("{", "[]", json.dumps({"train.csv": {"sha": 1}})):
        (tmp_path / RECORDS).write_text(spoilt)
        with pytest.raises(InputError, match=r"fetched\.json cannot be read"):
            read_records(tmp_path)


def test_the_token_goes_to_the_hub_and_not_on(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", " hf_good\n")
    download(hub_url("some/set", "train.csv"), tmp_path / "train.csv")
    said = dict(hub.tokens)
    assert said.pop("/storage") is None
    assert set(said.values()) == {"Bearer hf_good"}
    hub.tokens.clear()
    monkeypatch.setenv("HF_ENDPOINT", "https://elsewhere.example")
    download(f"{hub.url}/datasets/some/set/resolve/main/train.csv", tmp_path / "other.csv")
    assert {token for _, token in hub.tokens} == {None}, "another server is told nothing"


def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for wrong in ("huggingface.co", "ftp://x", "https://"):
        monkeypatch.setenv("HF_ENDPOINT", wrong)
        with pytest.raises(InputError, match=r"HF_ENDPOINT is .*: it must be an address like https:"):
            hub_url("some/set", "train.csv")
        with pytest.raises(InputError, match="HF_ENDPOINT is"):
            hub_files("some/set")


@pytest.mark.parametrize(("token", "said"), [("", "and is not set"), ("hf_bad", "and has no right to it")])
def test_who_one_is(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str, said: str) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    hub.status = 401
    with pytest.raises(InputError, match=f"401.*HF_TOKEN says who you are, {said}.*put it at"):
        download(hub_url("private/set", "train.csv"), tmp_path / "x.csv")


def test_names_are_quoted() -> None:
    assert hub_url("a/b", "x y#1.pt", "refs/pr/3").endswith("/resolve/refs%2Fpr%2F3/x%20y%231.pt")
