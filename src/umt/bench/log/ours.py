"""Our side, through the entry points that everybody else uses; what the trials need of them is gathered here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg.rows import TupleRow

from umt.adapters.postgres.database import OWNER, WORKER, connect
from umt.application.commands.brand import CreateBrand
from umt.application.dispatch import Command
from umt.application.transaction import Context, Outcome
from umt.bench.log.workload import BATCH, INDUSTRY, Stream, spread_over_brands, streams_of_ten
from umt.bench.server import Server
from umt.bootstrap import System, system
from umt.domain.brand import Brand
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role
from umt.projections.engine import Projector
from umt.projections.schema import prepare
from umt.projections.table import Projection

PATIENCE: Final = 60.0


class Place(msgspec.Struct, frozen=True):
    """A wired system on a database of its own, and somebody to act in it."""

    system: System
    context: Context

    @property
    def url(self) -> str:
        return self.system.url

    def owner(self) -> psycopg.Connection[TupleRow]:
        """A connection that may make tables."""
        return connect(self.url, OWNER)

    def reader(self) -> psycopg.Connection[TupleRow]:
        """A connection in the role in which the log is read."""
        return connect(self.url, WORKER)

    def does(self, command: Command) -> Outcome:
        return self.system.dispatcher.submit(command, self.context).result()

    def brand(self) -> UUID:
        """A fresh brand."""
        subject = self.does(CreateBrand(name=f"Brand {uuid4()}", industry=INDUSTRY)).subject
        assert subject
        return subject

    def append(self, streams: Sequence[Stream]) -> None:
        """Append in bulk, in one transaction."""
        self.system.writer.append(self.context, streams).result()

    def fill(self, count: int) -> None:
        """So many events of brands, in streams of ten."""
        for batch in streams_of_ten(count):
            self.append(batch)

    def spread(self, count: int) -> None:
        """So many events, each of another brand than those around it."""
        for batch in spread_over_brands(count):
            self.append(batch)

    def head(self) -> int:
        return self.system.source.head()

    def narrow_page(self, after: int) -> tuple[Sequence[object], int]:
        """A page of the log as a projection reads it that asks neither who nor why."""
        page = self.system.source.page(after, BATCH, metadata=False)
        return page.events, page.position

    def full_page(self, after: int) -> tuple[Sequence[object], int]:
        """A page of the log with all that is known of each event."""
        page = self.system.source.page(after, BATCH)
        return page.events, page.position

    def load(self, stream: UUID) -> Brand:
        """An aggregate, as a command finds it."""
        brand = self.system.writer.run(self.context, lambda tx: tx.get(Brand, stream)).result()
        assert isinstance(brand, Brand)
        return brand

    def forget(self) -> None:
        """Drop the states that are kept in memory: the next command is the first one to ask for any."""
        self.system.writer.forget()

    def take_snapshot(self, stream: UUID) -> None:
        """Load the stream, and wait for the snapshot that is taken of a long one."""
        self.load(stream)
        deadline = time.monotonic() + PATIENCE
        with self.reader() as reader:
            while not reader.execute("SELECT FROM umt.snapshot WHERE stream = %s", (stream,)).fetchall():
                if time.monotonic() > deadline:
                    raise TimeoutError(f"no snapshot of {stream} was taken within {PATIENCE:.0f} s")
                time.sleep(0.005)

    def drop_snapshots(self) -> None:
        with self.reader() as reader:
            reader.execute("DELETE FROM umt.snapshot")

    def projector(self, projection: Projection) -> Projector:
        """What keeps a projection up to date, as `umt worker` runs it; its tables are made."""
        with self.owner() as owner:
            prepare(owner, [projection], [])
        return Projector(projection, self.system.following, self.system.as_worker, self.system.as_owner)


@contextmanager
def place(server: Server) -> Iterator[Place]:
    """A fresh database with us on it."""
    with server.database() as settings, system(settings) as wired:
        yield Place(wired, Context(workspace=uuid4(), actor=Actor(ActorKind.USER, str(uuid4())), role=Role.OWNER))
