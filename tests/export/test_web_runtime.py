from __future__ import annotations

import io
import subprocess
import tarfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from hrm.errors import InputError
from hrm.export import web_runtime
from hrm.export.web_runtime import INTEGRITY, MODULE, VERSION, WASM, chosen_runtime, from_cdn, from_folder, vendored

CONTENTS = {MODULE: b"module", WASM: b"wasm"}


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files in place of the 14 MB that are pinned."""
    for name, content in CONTENTS.items():
        monkeypatch.setitem(INTEGRITY, name, web_runtime.integrity_of(content))


def test_a_hash_is_one_that_browsers_know() -> None:
    # printf '' | openssl dgst -sha384 -binary | base64
    empty = "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb"
    assert web_runtime.integrity_of(b"") == empty


def test_the_cdn_is_pinned_by_version_and_hash() -> None:
    runtime = from_cdn()
    assert runtime.files == {}
    for part in runtime.entry.values():
        assert part["url"].startswith("https://")
        assert f"@{VERSION}/" in part["url"]
        assert part["integrity"].startswith("sha384-")


@pytest.mark.parametrize("place", [".", "dist", "node_modules/onnxruntime-web/dist"])
def test_a_folder_of_the_package_is_taken_as_it_is(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    for name, content in CONTENTS.items():
        (tmp_path / place / name).write_bytes(content)
    runtime = from_folder(tmp_path)
    assert runtime.files == {f"runtime/{name}": content for name, content in CONTENTS.items()}
    assert runtime.entry["wasm"] == {"url": f"runtime/{WASM}", "integrity": web_runtime.integrity_of(b"wasm")}
    assert chosen_runtime(False, tmp_path) == runtime


def test_a_folder_without_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"does not hold .* or let --vendor fetch it"):
        from_folder(tmp_path)
    with pytest.raises(InputError, match="give one of them"):
        chosen_runtime(True, tmp_path)


def npm(content: dict[str, bytes], status: int = 0) -> Any:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        if not status:
            with tarfile.open(Path(command[-1]) / "package.tgz", "w:gz") as packed:
                for name, data in content.items():
                    entry = tarfile.TarInfo(f"package/dist/{name}")
                    entry.size = len(data)
                    packed.addfile(entry, io.BytesIO(data))
        return subprocess.CompletedProcess(command, status, "", "no such\nversion")

    return run


@pytest.mark.usefixtures("pinned")
def test_npm_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_runtime.shutil, "which", lambda _: "npm")
    monkeypatch.setattr(web_runtime.subprocess, "run", npm(CONTENTS))
    assert vendored().files[f"runtime/{WASM}"] == b"wasm"
    assert chosen_runtime(True, None) == vendored()
    monkeypatch.setattr(web_runtime.subprocess, "run", npm(CONTENTS | {MODULE: b"other"}))
    with pytest.raises(InputError, match="is not what was pinned"):
        vendored()
    monkeypatch.setattr(web_runtime.subprocess, "run", npm({}, status=1))
    with pytest.raises(InputError, match=r"npm did not bring .* \(no such version\); .* --runtime"):
        vendored()


@pytest.mark.usefixtures("pinned")
def test_without_npm_the_cdn_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_runtime.shutil, "which", lambda _: None)
    asked = lambda url, timeout: io.BytesIO(CONTENTS[url.rpartition("/")[2]])  # noqa: E731
    monkeypatch.setattr(urllib.request, "urlopen", asked)
    assert vendored().files[f"runtime/{MODULE}"] == b"module"

    def refused(url: str, timeout: float) -> None:
        raise urllib.error.URLError("unreachable")

    monkeypatch.setattr(urllib.request, "urlopen", refused)
    with pytest.raises(InputError, match=r"no connection .* --runtime"):
        vendored()
