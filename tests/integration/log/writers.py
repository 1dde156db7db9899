"""Writers as other processes have them, and a way to make several commands wait for one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from umt.adapters.postgres.writer import PostgresWriter
from umt.application.dispatch import Dispatcher
from umt.application.transaction import Context, Transaction
from umt.bootstrap import System
from umt.domain.recorded import Actor, ActorKind


def another(wired: System, url: str | None = None) -> PostgresWriter:
    """A writer with a connection and a memory of its own, as in another process."""
    desk = wired.writer._desk
    return PostgresWriter(url or wired.url, desk.clock, desk.vault, desk.cipher, desk.defer)


def through(writer: PostgresWriter) -> Dispatcher:
    """The way in that leads to this writer."""
    return Dispatcher(writer, writer._desk.vault.index)


@contextmanager
def busy(writer: PostgresWriter) -> Iterator[None]:
    """While this lasts the writer is at work on something, so that what is submitted waits and is taken together."""
    begun, done = threading.Event(), threading.Event()

    def work(_: Transaction) -> None:
        begun.set()
        assert done.wait(30)

    held = writer.run(Context(workspace=uuid4(), actor=Actor(ActorKind.SYSTEM, "test")), work)
    assert begun.wait(30)
    try:
        yield
    finally:
        done.set()
        held.result()
