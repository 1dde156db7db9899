"""A small HTTP server that speaks the wire format of the Responses API, as the tests script it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One HTTP answer. An endless one says its body again and again, with a pause of so many seconds between."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    endless: bool = False
    pause: float = 0


def answered(content: Any, **changes: Any) -> Reply:
    """A completed response whose text is ``content``: as it is, or as JSON."""
    answer = content if isinstance(content, str) else json.dumps(content)
    return response([{"type": "output_text", "text": answer, "annotations": []}], **changes)


def refused(why: str) -> Reply:
    """A completed response in which the model declines."""
    return response([{"type": "refusal", "refusal": why}])


def response(parts: list[dict[str, Any]], **changes: Any) -> Reply:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": parts}
    thought: dict[str, Any] = {"id": "rs_1", "type": "reasoning", "summary": [], "content": None}
    body = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_760_000_000,
        "model": "gpt-test",
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "output": [thought, message],
        "usage": {
            "input_tokens": 100,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 20,
            "output_tokens_details": {"reasoning_tokens": 5},
            "total_tokens": 120,
        },
    }
    return Reply(200, json.dumps({**body, **changes}).encode())


def failed(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI words it. A header's name has its hyphens as underscores."""
    body = {"error": {"message": message, "type": "error", "param": None, "code": code}}
    return Reply(status, json.dumps(body).encode(), {k.replace("_", "-"): v for k, v in headers.items()})


class ResponsesApi:
    """Answers each request with the next scripted reply, and when there is none with what ``model`` makes of the
    request; keeps what was asked."""

    def __init__(self, model: Callable[[dict[str, Any]], Reply]) -> None:
        self.script: list[Reply] = []
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.silent = threading.Event()
        self.released = threading.Event()
        self.model = model
        self.url = ""

    def answer(self, request: dict[str, Any]) -> Reply:
        self.requests.append(request)
        return self.script.pop(0) if self.script else self.model(request)


@contextmanager
def serving(model: Callable[[dict[str, Any]], Reply]) -> Iterator[ResponsesApi]:
    """The service on a free port of this machine."""
    api = ResponsesApi(model)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            api.keys.append(self.headers["authorization"])
            reply = api.answer(request) if self.path == "/v1/responses" else failed(404, "no such path")
            if api.silent.is_set():
                api.released.wait(30)
                return
            self.send_response(reply.status)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            if reply.endless:
                self.end_headers()
                self._go_on(reply)
                return
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def _go_on(self, reply: Reply) -> None:
            """Until the client has had enough; HTTP/1.0 ends a body with its connection."""
            self.close_connection = True
            with suppress(OSError):
                while not api.released.wait(reply.pause):
                    self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the tests read ``requests``."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield api
        finally:
            api.released.set()
            server.shutdown()
            thread.join()
