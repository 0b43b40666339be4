from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hrm.cli import main


@pytest.fixture(scope="session")
def run_4x4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has learned 4x4 boards a little."""
    out = tmp_path_factory.mktemp("runs") / "run"
    args = ["--training.steps", "60", "--training.batch-size", "64", "--runtime.compile", "no", "--task.num-test", "40"]
    args += ["--training.max-segments", "2"]  # what it cannot solve it soon gives up: after four times as many
    assert main(["train", "sudoku-4x4", "--out", str(out), *args]) == 0
    return out


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A folder served on this machine, which stands in for the hub; and a working directory of its own."""
    folder, here = tmp_path / "web", tmp_path / "here"
    folder.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("no_proxy", "*")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("HF_ENDPOINT", url)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield folder, url
    server.shutdown()
    thread.join()
    server.server_close()
