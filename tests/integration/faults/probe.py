"""A read model of the tests' own over template events, which no other read model folds, and ways to break it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from umt.adapters.postgres.database import APP, connect
from umt.adapters.postgres.log import NewEvent, append
from umt.bootstrap import System
from umt.domain.event import Event
from umt.domain.performance import Figures, PerformanceRecorded, Record
from umt.domain.platform import Platform
from umt.domain.recorded import Actor, ActorKind, Envelope, Metadata
from umt.domain.template import Format, TemplateCreated, TemplateRevised
from umt.projections import schema
from umt.projections.batches import Batches
from umt.projections.engine import Projector
from umt.projections.generations import generations, live, reread
from umt.projections.rebuilding import Rebuilt, rebuild, sweep
from umt.projections.table import Change, Column, Projection, Row, Table

Connection = psycopg.Connection[Any]
Rows = dict[Any, Any]

TROUBLES: Final = ("fold", "update", "nul", "nul_reason", "nul_key", "overflow", "long_key", "unknown_column")
"""Words that a fold stumbles over while they are in `Probe.broken`, each in its own way."""
TEMPLATE: Final = Column("template", "uuid", "The template.")
_TOO_LONG: Final = "".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(200))
"""More than an index takes, and hard to compress."""
_NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Probe:
    """``notes`` of each template in order, and how often each ``word`` was said in a workspace: fed by all its streams.

    A revision's text is a word; one of `TROUBLES` fails while it is in ``broken``.
    """

    def __init__(self, wired: System, *, version: int = 1, name: str = "", broken: set[str] | None = None) -> None:
        self.wired = wired
        self.name = name or f"probe_{uuid4().hex[:8]}"
        self.broken: set[str] = broken if broken is not None else set()
        self.since = wired.source.head()
        """What came before is of other tests, and ignored."""
        added = (Column("length", "integer", "Characters of the newest note."),) if version > 1 else ()
        self.notes = Table(
            f"{self.name}_notes",
            "Notes of templates.",
            key=(TEMPLATE,),
            columns=(
                Column("name", "text", "Its name."),
                Column("notes", "jsonb", "What was said, in order."),
                Column("size", "numeric(6,0)", "A number."),
                *added,
            ),
            of_stream=True,
        )
        self.words = Table(
            f"{self.name}_words",
            "How often words were said.",
            key=(Column("word", "text", "The word."),),
            columns=(Column("times", "sum bigint", "How often."),),
        )
        self.projection = Projection(self.name, self.notes, self.words, version=version)
        self.projection.on(TemplateCreated)(self._created)
        self.projection.on(TemplateRevised)(self._revised)

    def newer(self) -> Probe:
        """The same in version 2, which has one more column."""
        probe = Probe(self.wired, version=self.projection.version + 1, name=self.name, broken=self.broken)
        probe.since = self.since
        return probe

    def _created(self, event: TemplateCreated, at: Envelope) -> Iterator[Change]:
        if at.position > self.since:
            yield self.notes.put(at, at.stream, name=event.name, notes=(), size=0)
            yield from self._said(event.instructions, at)

    def _revised(self, event: TemplateRevised, at: Envelope) -> Iterator[Change]:
        if at.position > self.since:
            yield from self._said(event.instructions, at)

    def _said(self, text: str, at: Envelope) -> Iterator[Change]:
        trouble = text if text in self.broken else ""
        if trouble == "fold":
            raise ValueError("this fold does not like the word")
        if trouble == "nul_reason":
            raise ValueError("a\0b is no word")
        yield self.words.add(at, {"long_key": _TOO_LONG, "nul_key": "a\0b"}.get(trouble, text), times=1)
        newest: Row = {"length": len(text)} if self.projection.version > 1 else {}
        if trouble == "nul":
            newest["name"] = "a\0b"
        if trouble == "overflow":
            newest["size"] = 10**9
        if trouble == "unknown_column":
            newest["nowhere"] = 1

        def note(row: Row) -> Row:
            if trouble == "update":
                raise KeyError("what the row lacks")
            return {"notes": [*row["notes"], text], **newest}

        yield self.notes.update(at, at.stream, by=note)

    # Its tables

    def make(self) -> None:
        """Its first tables, empty and live."""
        with self.wired.as_owner() as owner, owner.transaction():
            generation = schema.make(owner, self.projection, "live")
            schema.publish(owner, self.projection, generation)

    def drop(self) -> None:
        with self.wired.as_owner() as owner:
            for table in self.projection.tables:
                owner.execute(sql.SQL("DROP VIEW IF EXISTS {}").format(sql.Identifier("read_v1", table.name)))
            owner.execute("UPDATE umt.projection_checkpoint SET state = 'retired' WHERE name = %s", (self.name,))
            sweep(owner, self.projection)
            assert generations(owner, self.name) == []

    # Its work

    def projector(self) -> Projector:
        wired = self.wired
        return Projector(self.projection, wired.following, wired.as_worker, wired.as_owner)

    def batches(self, connection: Connection) -> Batches:
        """Batches of the live tables, without a lease."""
        generation = live(connection, self.name)
        assert generation
        return Batches(self.projection, reread(connection, generation), self.wired.following, connection)

    def catch_up(self) -> None:
        self.projector().reach(self.wired.source.head())

    def rebuild(self, progress: Callable[[int, int], None] = lambda position, head: None) -> Rebuilt:
        wired = self.wired
        return rebuild(self.projection, wired.following, wired.as_worker, wired.as_owner, progress)

    @contextmanager
    def running(self) -> Iterator[None]:
        """With a projector at work in a thread."""
        stop = threading.Event()
        thread = threading.Thread(target=self.projector().run, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=15)
            assert not thread.is_alive(), "the projector does not stop"

    # What it shows

    def position(self) -> int:
        """The live checkpoint."""
        with self.wired.as_worker() as connection:
            generation = live(connection, self.name)
            assert generation
            return generation.position

    def reached(self, position: int, seconds: float = 15) -> None:
        until(lambda: self.position() >= position, seconds, f"position {position} was not reached")

    def shown(self, workspace: UUID) -> tuple[Rows, Rows]:
        """What read_v1 shows: template → notes, and word → times."""
        with self.wired.as_worker() as connection:
            return self.shown_on(connection, workspace)

    def shown_on(self, connection: Connection, workspace: UUID) -> tuple[Rows, Rows]:
        return (
            dict(self._select(connection, self.notes, "template, notes", workspace)),
            dict(self._select(connection, self.words, "word, times", workspace)),
        )

    def incomplete(self, workspace: UUID) -> tuple[set[UUID], set[str]]:
        """Templates and words whose rows are marked."""
        with self.wired.as_worker() as connection:
            return (
                {k for k, marked in self._select(connection, self.notes, "template, incomplete", workspace) if marked},
                {k for k, marked in self._select(connection, self.words, "word, incomplete", workspace) if marked},
            )

    def parked(self, workspace: UUID) -> list[int]:
        """Positions that wait."""
        with self.wired.as_worker() as connection:
            rows = connection.execute(
                "SELECT d.position FROM umt.dead_letter d JOIN umt.projection_checkpoint c"
                " ON (c.name, c.generation, c.state) = (d.projection, d.generation, 'live')"
                " WHERE d.projection = %s AND d.workspace = %s AND d.discarded_at IS NULL ORDER BY 1",
                (self.name, workspace),
            )
            return [position for (position,) in rows]

    def differs(self, workspace: UUID) -> list[Any]:
        """What a fold from zero gives otherwise."""
        return list(self.wired.verifier.verify(self.projection, workspace=workspace).differences)

    def status(self) -> Row:
        """Its live row of read_v1.projection_status."""
        with self.wired.as_worker() as connection, connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute("SELECT * FROM read_v1.projection_status WHERE projection = %s AND live", (self.name,))
            row = cursor.fetchone()
            assert row
            return row

    @staticmethod
    def _select(connection: Connection, table: Table, columns: str, workspace: UUID) -> list[tuple[Any, Any]]:
        query = f"SELECT {columns} FROM read_v1.{table.name} WHERE workspace = %s"
        return connection.execute(query.encode(), (workspace,)).fetchall()


@contextmanager
def probing(wired: System) -> Iterator[Probe]:
    """A probe whose tables are gone afterwards."""
    probe = Probe(wired)
    probe.make()
    try:
        yield probe
    finally:
        probe.drop()


class Author:
    """Appends template events in a workspace of its own, and remembers what was committed."""

    def __init__(self, wired: System) -> None:
        self.wired, self.workspace = wired, uuid4()
        self._versions: dict[UUID, int] = {}

    def template(self, *words: str, first: str = "hello") -> UUID:
        """A new template, then revised to say the words."""
        stream = uuid4()
        self.write((stream, TemplateCreated("T", Format.EMAIL, first)), *((stream, said(word)) for word in words))
        return stream

    def revise(self, stream: UUID, *words: str) -> int:
        """The last position."""
        return self.write(*((stream, said(word)) for word in words))

    def write(self, *events: tuple[UUID, Event]) -> int:
        """Append and commit; the last position."""
        with connect(self.wired.url, APP, autocommit=False) as connection:
            return append(connection, self.batch(events)).base + len(events)

    def reports(self, count: int) -> UUID:
        """The stream of a campaign's figures, in so many events of one click each."""
        stream = uuid4()
        event = PerformanceRecorded(
            campaign=uuid4(),
            platform=Platform.GOOGLE,
            month="2026-03",
            currency="EUR",
            reported_at=_NOON,
            imported=True,
            records=(Record("ad", _NOON.date(), Figures(impressions=2, clicks=1, spend=Decimal("0.1"))),),
        )
        self.write(*((stream, event) for _ in range(count)))
        return stream

    def batch(self, events: Iterable[tuple[UUID, Event]]) -> list[NewEvent]:
        """The next events of their streams, ready to be appended."""
        made = []
        for stream, event in events:
            self._versions[stream] = version = self._versions.get(stream, 0) + 1
            made.append(stored(self.workspace, stream, version, event))
        return made

    def forget(self, events: Iterable[NewEvent]) -> None:
        """They were rolled back, the newest of their streams."""
        for event in events:
            self._versions[UUID(str(event.originator_id))] -= 1


def said(word: str) -> TemplateRevised:
    return TemplateRevised(word)


def stored(workspace: UUID, stream: UUID, version: int, event: Event) -> NewEvent:
    """An event as the writer stores it."""
    metadata = Metadata(
        event_id=uuid4(),
        actor=Actor(ActorKind.SYSTEM, "test"),
        correlation=uuid4(),
        causation=None,
        command_id=None,
        trace=None,
        effective_at=_NOON,
        schema_version=event.schema_version,
        salt="00",
    )
    return NewEvent(
        originator_id=stream,
        originator_version=version,
        topic=event.type_name,
        state=msgspec.json.encode(event, order="sorted"),
        workspace=workspace,
        metadata=msgspec.json.encode(metadata, order="sorted"),
        schema_version=event.schema_version,
    )


def told(connection: Connection, workspace: UUID, up_to: int, without: Iterable[int] = ()) -> tuple[Rows, Rows]:
    """What a probe has to show, said without the engine: from the log's bodies, in order."""
    notes: dict[UUID, list[str]] = {}
    words: dict[str, int] = {}
    left_out = set(without)
    for position, stream, kind, body in connection.execute(
        "SELECT position, stream, type, body FROM umt.event WHERE workspace = %s AND position <= %s ORDER BY position",
        (workspace, up_to),
    ):
        if position in left_out:
            continue
        word = msgspec.json.decode(body)["instructions"]
        notes[stream] = [word] if kind == "template.created" else [*notes[stream], word]
        words[word] = words.get(word, 0) + 1
    return notes, words


def until(holds: Callable[[], object], seconds: float, otherwise: str) -> None:
    """Wait until it holds, asking often."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{otherwise} in {seconds} s"
        time.sleep(0.02)
