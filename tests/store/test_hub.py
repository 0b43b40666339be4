from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from conftest import REPOSITORY

from hrm.errors import InputError
from hrm.store import hub
from hrm.store.locate import BUILTIN, resolve

PUZZLE = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"


class Handler(BaseHTTPRequestHandler):
    """A stand-in for the hub on this machine, as far as one small repository goes: what is pushed can be fetched."""

    files: ClassVar[dict[str, bytes]]
    private: ClassVar[list[Any]]
    asked: ClassVar[list[str]]

    def log_message(self, *_args: object) -> None:
        pass

    def answer(self, content: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), "X-Repo-Commit": COMMIT, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def answer_json(self, value: Any) -> None:
        self.answer(json.dumps(value).encode(), Content_Type="application/json")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.headers["Authorization"] != "Bearer hf_good":
            self.answer(b'{"error": "who are you?"}', 403)
        elif self.path == "/api/repos/create":
            self.private.append(json.loads(body))
            self.answer_json({"url": f"http://{self.headers['Host']}/someone/sudoku", "name": "someone/sudoku"})
        elif self.path == "/api/validate-yaml":
            self.answer_json({"warnings": [], "errors": []})
        elif "/preupload/" in self.path:  # every file small enough to come with the commit itself
            names = [file["path"] for file in json.loads(body)["files"]]
            files = [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]
            self.answer_json({"files": files})
        elif "/commit/" in self.path:
            for line in body.splitlines():
                value = json.loads(line)["value"]
                if json.loads(line)["key"] == "file":
                    self.files[value["path"]] = base64.b64decode(value["content"])
            url = f"http://{self.headers['Host']}/someone/sudoku/commit/{COMMIT}"
            self.answer_json({"success": True, "commitUrl": url, "commitOid": COMMIT})
        else:
            self.answer(b"", 404)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        name = self.path.rpartition("/")[2]
        tree = [
            {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
            for name, content in self.files.items()
        ]
        if not self.files or "someone/sudoku" not in self.path:
            self.answer(b'{"error": "Repository not found"}', 404, X_Error_Code="RepoNotFound")
        elif "/resolve/" in self.path and name in self.files:
            content = self.files[name]
            self.answer(content, ETag=f'"{hashlib.sha1(content).hexdigest()}"')
        elif "/tree/" in self.path:
            self.answer_json(tree)
        elif self.path.startswith("/api/models/someone/sudoku"):
            siblings = [{"rfilename": name} for name in self.files]
            self.answer_json({"id": "someone/sudoku", "sha": COMMIT, "siblings": siblings})
        else:
            self.answer(b'{"error": "Entry not found"}', 404, X_Error_Code="EntryNotFound")

    do_HEAD = do_GET


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def server() -> Iterator[str]:
    Handler.files, Handler.private, Handler.asked = {}, [], []
    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


def python(ready: list[str], code: str, server: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Another process, because huggingface_hub reads HF_ENDPOINT once."""
    own = {"HF_ENDPOINT": server, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "NO_PROXY": "*", "no_proxy": "*", **own, **env}
    return subprocess.run([*ready, "-c", code], cwd=home, env=env, capture_output=True, text=True, check=False)


def test_a_model_goes_to_the_hub_and_comes_back(server: str, tmp_path: Path, ready: list[str]) -> None:
    code = f"""
import hrm, torch
from hrm.cli import main
model = hrm.load()
print(model.push_to_hub("someone/sudoku", private=True, precision="int8"))
again = hrm.PuzzleModel.from_pretrained("someone/sudoku")
ours, theirs = model.loaded.model.state_dict(), again.loaded.model.state_dict()
assert all(torch.allclose(ours[name], theirs[name], atol=1e-6) for name in ours)
assert main(["solve", "--model", "someone/sudoku", {PUZZLE!r}]) == 0
"""
    done = python(ready, code, server, tmp_path, HF_TOKEN="hf_good")
    assert done.returncode == 0, done.stderr
    assert f"someone/sudoku/commit/{COMMIT}" in done.stdout
    assert "solved after" in done.stdout
    assert set(Handler.files) == set(hub.FILES), "config, weights and card, in one commit"
    assert "hrm solve PUZZLE --model someone/sudoku" in Handler.files["README.md"].decode()
    assert Handler.private[0]["visibility"] == "private"
    assert len([path for path in Handler.asked if path.endswith("model.safetensors")]) <= 2, "the second time is cached"


def test_what_the_hub_refuses_is_told_in_one_line(server: str, tmp_path: Path, ready: list[str]) -> None:
    code = """
import sys, hrm
from hrm.cli import main
from hrm.errors import InputError
try:
    hrm.load().push_to_hub("someone/sudoku")
except InputError as error:
    print(error)
sys.exit(main(["solve", "--model", "someone/nothing", "1"]))
"""
    done = python(ready, code, server, tmp_path, HF_TOKEN="hf_bad")
    assert done.returncode == 2, done.stderr
    assert "cannot push to someone/sudoku" in done.stdout
    assert "HF_TOKEN" in done.stdout
    assert "no such model on the hub" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match=r"no folder someone/sudoku here.*pip install 'hrm-lab\[hub\]'"):
        resolve("someone/sudoku")
    with pytest.raises(InputError, match=r"cannot push to someone/sudoku.*hrm-lab\[hub\]"):
        hub.push(lambda folder: None, "someone/sudoku")
    assert resolve("sudoku") == BUILTIN / "sudoku", "the model of the package needs no hub"


def test_a_path_is_never_taken_for_a_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not hub.is_hub_id("runs/sudoku"), "even before there is a run"
    (tmp_path / "mine").mkdir()
    assert hub.is_hub_id("someone/sudoku")
    for path in ("sudoku", "mine/sudoku", "./someone/sudoku", "../a", "/a/b", "a/b/c", "~/b", "a/"):
        assert not hub.is_hub_id(path), path
    with pytest.raises(InputError, match="there is no model at mine/sudoku"):
        resolve("mine/sudoku")


def test_a_checkpoint_of_the_published_code_has_to_be_imported(server: str, tmp_path: Path, ready: list[str]) -> None:
    Handler.files = {"all_config.yaml": b"arch:", "step_10": b"x", "README.md": b"#"}
    code = """
import sys
from hrm.cli import main
sys.exit(main(["solve", "--model", "someone/sudoku", "1"]))
"""
    done = python(ready, code, server, tmp_path)
    assert done.returncode == 2
    assert "someone/sudoku on the hub is a checkpoint of the published code" in done.stderr
    assert "hrm import someone/sudoku --recipe RECIPE --out FOLDER" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    Handler.files = {"pytorch_model.bin": b"x"}
    done = python(ready, code, server, tmp_path)
    assert "is no model of this package, it has no model.safetensors: it holds pytorch_model.bin" in done.stderr


def test_without_a_connection_it_fails_at_once_and_uses_what_is_here(
    server: str, tmp_path: Path, ready: list[str]
) -> None:
    code = f"""
import hrm, sys
from hrm.cli import main
if "first" in sys.argv:
    hrm.load().push_to_hub("someone/sudoku")
assert main(["solve", "--model", "someone/sudoku", {PUZZLE!r}]) == 0
"""
    done = python(ready, f"import sys; sys.argv.append('first')\n{code}", server, tmp_path, HF_TOKEN="hf_good")
    assert done.returncode == 0, done.stderr
    start = time.monotonic()
    nowhere = "http://127.0.0.1:9"  # nobody listens
    done = python(ready, code, nowhere, tmp_path)
    assert done.returncode == 0, done.stderr
    missing = "import sys; from hrm.cli import main; sys.exit(main(['solve', '--model', 'someone/other', '1']))"
    done = python(ready, missing, nowhere, tmp_path)
    assert time.monotonic() - start < 20, "its package alone would wait for 24 seconds, twice"
    assert done.returncode == 2
    assert "no connection to the hub (Connection refused)" in done.stderr
    assert len(done.stderr.splitlines()) == 1
