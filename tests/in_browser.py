"""A page in a real browser, for tests: skipped with a reason where there is none to be had."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shlex
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hrm.cli import main
from hrm.cli.page import server
from hrm.errors import InputError
from hrm.export.web_runtime import WebRuntime, from_folder, vendored

REPOSITORY = Path(__file__).parent.parent
NPM = REPOSITORY / "build" / "npm"
"""Where ``make browser`` has npm put the runtime and the type checker."""

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@functools.cache
def chromium() -> str:
    """The browser; skips where there is none."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium is installed here: the page is not tested in a browser")
    return path


@functools.cache
def web_runtime() -> WebRuntime:
    """onnxruntime-web as npm has it; skips where neither npm nor its files are here."""
    if (NPM / "node_modules").is_dir():
        return from_folder(NPM)
    if shutil.which("npm") is None:
        pytest.skip("neither npm nor onnxruntime-web is here: the page cannot think")
    try:
        return vendored()
    except InputError as error:
        pytest.skip(f"{error}: the page cannot think")


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium that Playwright drives."""
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install 'hrm-lab[browser]'")
    path = chromium()
    with api.sync_playwright() as playwright:
        args = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []  # it refuses to sandbox for root
        opened = playwright.chromium.launch(executable_path=path, args=args)
        yield opened
        opened.close()


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of a folder, as ``hrm page`` serves it."""
    with server(site, "127.0.0.1", 0) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}/"
        serving.shutdown()
        thread.join()


def train_as_told(folder: Path, steps: int | None = None) -> None:
    """The tutorial of docs/page.md in ``folder``, up to the page. steps: fewer than it says."""
    text = (REPOSITORY / "docs" / "page.md").read_text(encoding="utf-8")
    script = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    command = re.search(r"^hrm (train grid .*)$", text, re.MULTILINE)
    assert script is not None
    assert command is not None
    args = [str(folder / word) if word.endswith(".jsonl") else word for word in shlex.split(command[1])]
    if steps is not None:
        args += ["--training.steps", str(steps), "--training.validate-every", "0"]
    with contextlib.chdir(folder):
        exec(script[1], {})
        assert main([*args, "--runtime.compile", "no"]) == 0


def verdict(page: Any, timeout: float = 30_000) -> str:
    """What the page says in the end."""
    page.wait_for_function(
        "!/^(Loading|Thinking)/.test(document.getElementById('verdict').textContent)", timeout=timeout
    )
    return str(page.inner_text("#verdict"))


FRAMES = """async ([puzzle, settings, limits]) => {
  const model = await (await fetch("model.json")).json();
  if (model.graphs[1]) Object.assign(model.graphs[1], limits);
  const worker = new Worker("think.js", { type: "module" });
  const frames = [];
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data.error) reject(data.error);
      if (data.isReady) worker.postMessage({ id: 1, puzzle, settings });
      if (data.frame) frames.push(data.frame);
      if (data.best) resolve({ frames, best: data.best, attempts: data.attempts });
    };
    worker.postMessage({ id: 0, model });
  });
}"""


def thought(page: Any, puzzle: list[int], limits: dict[str, int] | None = None, **settings: Any) -> dict[str, Any]:
    """All that the page's worker sends about a puzzle. limits: of the model that takes over; no attempt of it when
    None."""
    usual = {"halt": "rules", "threshold": None, "segments": 64, "attempts": 1}
    return dict(page.evaluate(FRAMES, [puzzle, usual | settings, limits or {"attempts": 0}]))
