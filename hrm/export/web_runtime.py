"""onnxruntime-web, the runtime of a page: pinned on a CDN, or its two files beside the page.

Whichever it is, the page takes the files only with the bytes whose hash stands in ``model.json`` (Subresource
Integrity). A page has no other code that is not ours.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

from hrm.errors import InputError
from hrm.files import readable

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
CDN = f"https://cdn.jsdelivr.net/npm/{PACKAGE}@{VERSION}/dist"
MODULE, WASM = "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"
INTEGRITY = {
    MODULE: "sha384-PLWz+nHEVHpjwBsO0YVdvQj6n5814Iv8E3b8FG0Rp/uIAtjFMCKOpP66iPzedrIG",
    WASM: "sha384-vjBJ1z7qrhkTyYsNqKeF6c7N+nOJSU94czEo+tvZcu8G75JparGq9kB+kTnEUNVM",
}
"""Of the files of that version, as the package has them; a CDN serves the same bytes."""

FOLDER = "runtime"
"""The folder of the page that its own copies are in."""
TIMEOUT_S = 300


class WebRuntime(NamedTuple):
    """The runtime of a page, and where the page finds it."""

    files: dict[str, bytes]  # to be written below the page; none where a CDN has them
    entry: dict[str, dict[str, str]]  # ``runtime`` of model.json


def integrity_of(content: bytes) -> str:
    """A hash as browsers write it."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def from_cdn() -> WebRuntime:
    """Nothing beside the page: a visitor's browser fetches the pinned files."""
    names = {"module": MODULE, "wasm": WASM}
    entry = {key: {"url": f"{CDN}/{name}", "integrity": INTEGRITY[name]} for key, name in names.items()}
    return WebRuntime({}, entry)


def from_folder(folder: Path) -> WebRuntime:
    """The files of a folder: ``dist`` of the package, the package, or a project that has it. Raises ``InputError``."""
    places = [folder, folder / "dist", folder / "node_modules" / PACKAGE / "dist"]
    found = next((place for place in places if all((place / name).is_file() for name in (MODULE, WASM))), None)
    if found is None:
        raise InputError(
            f"{folder} does not hold {MODULE} and {WASM}: name the folder of the npm package {PACKAGE}, or let "
            "--vendor fetch it"
        )
    contents: dict[str, bytes] = {}
    for name in (MODULE, WASM):
        with readable(found / name):
            contents[name] = (found / name).read_bytes()
    return _beside(contents)


def vendored() -> WebRuntime:
    """The pinned files, fetched by npm where it is here, else from the CDN. Raises ``InputError``."""
    contents = _by_npm() if shutil.which("npm") else _by_cdn()
    for name, content in contents.items():
        if integrity_of(content) != INTEGRITY[name]:
            raise InputError(f"{name} of {PACKAGE} {VERSION} is not what was pinned: nothing was written")
    return _beside(contents)


def _beside(contents: dict[str, bytes]) -> WebRuntime:
    keys = {MODULE: "module", WASM: "wasm"}
    entry = {
        keys[name]: {"url": f"{FOLDER}/{name}", "integrity": integrity_of(content)}
        for name, content in contents.items()
    }
    return WebRuntime({f"{FOLDER}/{name}": content for name, content in contents.items()}, entry)


def _by_npm() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", folder]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, cwd=folder, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"npm did not bring {PACKAGE}: {error}; {OTHERWISE}") from error
        archive = next(Path(folder).glob("*.tgz"), None)
        if done.returncode or archive is None:
            said = " ".join(done.stderr.split())[:200]
            raise InputError(f"npm did not bring {PACKAGE} {VERSION} ({said or done.returncode}); {OTHERWISE}")
        contents: dict[str, bytes] = {}
        with tarfile.open(archive) as packed:
            for name in (MODULE, WASM):
                file = packed.extractfile(f"package/dist/{name}")
                assert file is not None, "a file of that version"
                contents[name] = file.read()
    return contents


def _by_cdn() -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    for name in (MODULE, WASM):
        try:
            with urllib.request.urlopen(f"{CDN}/{name}", timeout=30) as answer:
                contents[name] = answer.read()
        except (OSError, urllib.error.URLError) as error:
            raise InputError(f"{CDN}/{name}: no connection ({error}); {OTHERWISE}") from error
    return contents


OTHERWISE = f"get the npm package {PACKAGE} in another way, and name its folder with --runtime"


def chosen_runtime(vendor: bool, folder: Path | None) -> WebRuntime:
    """The runtime that a person asks for with ``--vendor`` or ``--runtime``; without either that of the CDN."""
    if vendor and folder is not None:
        raise InputError("--vendor fetches the runtime, --runtime takes it from a folder: give one of them")
    if folder is not None:
        return from_folder(folder)
    return vendored() if vendor else from_cdn()
