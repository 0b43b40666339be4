from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import urllib.request
import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest

from hrm.cli import main, page
from hrm.cli.page import server
from hrm.errors import InputError


def test_files_are_served_on_this_machine_alone(tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text("1")
    (tmp_path / "a.wasm").write_bytes(b"wasm")
    with server(tmp_path, "127.0.0.1", 0) as serving:
        host, port = serving.socket.getsockname()
        assert host == "127.0.0.1"
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        for name, kind in (("page.js", "text/javascript"), ("a.wasm", "application/wasm")):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}") as answer:
                assert answer.headers["Content-Type"] == kind
                assert answer.headers["Cache-Control"] == "no-store"
        serving.shutdown()
        thread.join()


def test_a_port_in_use_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["page", "--no-open", "--port", str(port)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert f"port {port} of 127.0.0.1 cannot be had (Address already in use): give another --port" in err


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"192.0.2.1 cannot be listened on"):
        server(tmp_path, "192.0.2.1", 0)  # RFC 5737: nobody's


def test_no_browser_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def none() -> None:
        raise webbrowser.Error("none")

    monkeypatch.setattr(webbrowser, "get", none)
    assert main(["page"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "no browser was found" in err
    assert "--no-open" in err


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--port", "70000"], "port is 70000: it must be at most 65535"),
        (["--limit", "0"], "--limit is 0"),
        (["--vendor", "--runtime", "there"], "give one of them"),
        (["--runtime", "nowhere"], "nowhere does not hold"),
        (["nothing"], "there is no model at nothing"),
    ],
)
def test_bad_input(args: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page", "--no-open", *args]) == 2
    err = capsys.readouterr().err
    assert reason in err
    assert err.count("\n") == 1


def test_a_model_with_a_puzzle_table_says_what_to_do(
    tmp_path: Path, arc_model: Callable[[Path], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = arc_model(tmp_path)
    for args in (["page", str(folder), "--no-open"], ["export", str(folder), "--format", "page", "--out", "site"]):
        assert main(args) == 2
        err = capsys.readouterr().err
        assert "by their ids" in err
        assert "hrm train grid" in err
        assert err.count("\n") == 1


@pytest.fixture
def arc_model() -> Callable[[Path], Path]:
    """A small ARC model, hardly trained."""

    def make(folder: Path) -> Path:
        pair = {"input": [[1, 2]], "output": [[2, 1]]}
        (folder / "task.json").write_text(json.dumps({"train": [pair, pair], "test": [pair]}))
        args = ["--data", str(folder / "task.json"), "--out", str(folder / "run"), "--training.steps", "1"]
        args += ["--model.hidden-size", "16", "--model.num-heads", "2", "--training.batch-size", "2"]
        assert main(["train", "arc", *args, "--runtime.compile", "no"]) == 0
        return folder / "run"

    return make


@pytest.mark.slow
def test_the_verb_serves_a_page_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "-m", "hrm", "page", "--no-open", "--limit", "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}model.json") as answer:
            assert json.load(answer)["grid"] == [9, 9]
        process.terminate()
        assert process.wait(20) == 143


def test_the_module_is_quick_to_refuse() -> None:
    assert page.Options().host == "127.0.0.1"
