"""``hrm page MODEL``"""

from __future__ import annotations

import functools
import socket
import sys
import tempfile
import webbrowser
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import tyro

from hrm.cli.reading import options_of
from hrm.errors import InputError, require_at_least, require_from
from hrm.export.page import save_page
from hrm.export.web_runtime import WebRuntime, chosen_runtime
from hrm.store.folder import load_model
from hrm.store.locate import DEFAULT_MODEL, build_task, read_config, resolve

TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}
"""Kinds of files about which a system's own table may be wrong: a browser runs no module that is called a text."""


@dataclass(frozen=True, kw_only=True)
class Options:
    model: tyro.conf.Positional[str] = DEFAULT_MODEL
    """Run folder, model folder, the name of a model in the package, or a model of the hub (user/name)."""
    vendor: bool = False
    """Put onnxruntime-web beside the page (npm brings it, 14 MB), so that it opens without a connection. Otherwise the
    browser fetches it from a CDN, pinned by version and hash."""
    runtime: Path | None = None
    """The same from this folder: of the npm package onnxruntime-web, or a project that has it."""
    port: int = 0
    """Port to serve on (any that is free when 0)."""
    host: str = "127.0.0.1"
    """Address to serve on: this machine alone, unless you say otherwise (0.0.0.0: whoever can reach it)."""
    no_open: bool = False
    """Open no browser."""
    limit: int = 40
    """Held-out puzzles on which the page is compared with the model."""


def main(args: list[str]) -> int:
    options = options_of(Options, args, "hrm page")
    require_at_least(1, limit=options.limit)
    require_from(0, 65535, port=options.port)
    if not options.no_open:
        require_browser()
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        with server(site, options.host, options.port) as serving:
            make(options, site)
            host = options.host if options.host not in ("0.0.0.0", "::") else "127.0.0.1"
            address = f"http://{f'[{host}]' if ':' in host else host}:{serving.server_address[1]}/"
            print(f"{address}  (Ctrl-C ends it; to keep it: hrm export {options.model} --format page --out site)")
            sys.stdout.flush()
            if not options.no_open:
                webbrowser.open(address)
            serving.serve_forever()
    return 0


def make(options: Options, site: Path) -> None:
    """Write the page of a model into a folder that is not there yet. Raises ``InputError``."""
    from hrm.export.page_model import check_page

    model = resolve(options.model)
    check_page(build_task(read_config(model), options.model))  # before anything is fetched
    runtime: WebRuntime = chosen_runtime(options.vendor, options.runtime)
    save_page(load_model(model), site, runtime, limit=options.limit)


def require_browser() -> None:
    """``InputError`` where no browser could be opened."""
    try:
        webbrowser.get()
    except webbrowser.Error as error:
        raise InputError(
            "no browser was found to open the page in: say --no-open and open its address yourself, or write the page "
            "with hrm export --format page"
        ) from error


class Handler(SimpleHTTPRequestHandler):
    """Files of the page, nothing said of each."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | TYPES

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")  # the next page may come from the same port
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """A server that keeps its port to itself."""

    allow_reuse_port = False


def server(site: Path, host: str, port: int) -> Server:
    """A server of the files in ``site``, which may come later. Raises ``InputError`` for a port that is taken, and an
    address that is not of this machine."""
    kind = type("Kind", (Server,), {"address_family": socket.AF_INET6 if ":" in host else socket.AF_INET})
    try:
        return kind((host, port), functools.partial(Handler, directory=str(site)))
    except OSError as error:
        is_port = bool(port) and not isinstance(error, socket.gaierror)
        what = f"port {port} of {host} cannot be had" if is_port else f"{host} cannot be listened on"
        advice = "--port, or none for any" if is_port else "--host, or none for this machine alone"
        raise InputError(f"{what} ({error.strerror or error}): give another {advice}") from error
