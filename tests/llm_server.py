"""A server that speaks OpenAI's chat completions on this machine, and answers puzzles as a test wants it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Reply(NamedTuple):
    """What the server does about one request."""

    text: str = ""
    finish: str = "stop"  # length: cut off; content_filter: refused
    status: int = 200
    waits: bool = False  # never answers, for as long as the server lives


class LanguageModel:
    """The answers, by the prompt; and the prompts that came."""

    def __init__(self, reply: Callable[[str], Reply]) -> None:
        self.reply = reply
        self.asked: list[str] = []
        self.closing = threading.Event()
        self.url = ""


@contextmanager
def language_model(reply: Callable[[str], Reply]) -> Iterator[LanguageModel]:
    """A running server; its ``url`` is the base of an OpenAI-compatible provider."""
    model = LanguageModel(reply)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            prompt = _text(asked["messages"])
            model.asked.append(prompt)
            reply = model.reply(prompt)
            if reply.waits:
                model.closing.wait()
                self.close_connection = True
                return
            content = json.dumps(_completion(asked["model"], prompt, reply)).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")  # or the client keeps it, until its memory is collected
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    model.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        model.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _text(messages: list[dict[str, Any]]) -> str:
    content = messages[-1]["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _completion(name: str, prompt: str, reply: Reply) -> dict[str, Any]:
    if reply.status != 200:
        return {"error": {"message": reply.text, "type": "server_error", "code": None}}
    tokens = {"prompt_tokens": len(prompt) // 3, "completion_tokens": max(1, len(reply.text) // 3)}
    message = {"role": "assistant", "content": reply.text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": name,
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish}],
        "usage": {**tokens, "total_tokens": sum(tokens.values())},
    }
