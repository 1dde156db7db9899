"""A server as `umt serve` makes it, with settings of the test's own."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from umt.adapters.rate_limits import CountedRequests, WindowMemory
from umt.api.app import create_app
from umt.api.server import server_config
from umt.bootstrap import System, system
from umt.bootstrap.services import services_of
from umt.settings import Settings


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """The address of the application, while it is served."""
    server = uvicorn.Server(server_config(app))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[str, System]]:
    """The address of a system that is served with these settings, and the system. Its minute for counting requests never
    ends, so that what is counted does not depend on when a test runs."""
    with system(settings) as wired:
        wired.rate_limits = CountedRequests(settings.requests_per_minute, memory=WindowMemory(now=lambda: 60_000.0))
        with listening(create_app(services_of(wired, {"sandbox": None}))) as url:
            yield url, wired
