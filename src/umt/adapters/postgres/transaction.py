"""One unit of work in one workspace, on the writer's connection.

Rule of locks: the log's lock comes first. Events are collected while the work decides and appended at its end; rows that
belong to them are written after that, so two transactions never wait for each other crosswise.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from msgspec.structs import replace

from umt.adapters.postgres.agent_rows import AgentRows
from umt.adapters.postgres.identity_rows import IdentityRows
from umt.adapters.postgres.log import COLUMNS, Appended, CommandRecord, NewEvent, append
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.postgres.name_rows import NameRows
from umt.adapters.postgres.performance_rows import PerformanceRows
from umt.adapters.postgres.statements import Connection
from umt.adapters.vault import PersonalCipher, Vault
from umt.application.transaction import A, Context
from umt.domain.errors import NotFound, VersionConflict
from umt.domain.event import Aggregate, Event, fold
from umt.domain.recorded import Metadata


class ConnectionKeys:
    """Subject keys read and stored on a connection, in its transaction."""

    def __init__(self, connection: Connection, workspace: UUID) -> None:
        self._connection, self._workspace = connection, workspace

    def wrapped(self, subject: UUID) -> bytes | None:
        row = self._connection.execute("SELECT sealed FROM umt.subject_key WHERE subject = %s", (subject,)).fetchone()
        return row[0] if row else None

    def store(self, subject: UUID, sealed: bytes) -> None:
        self._connection.execute("INSERT INTO umt.subject_key VALUES (%s, %s, %s)", (subject, self._workspace, sealed))


class PostgresTransaction(NameRows, PerformanceRows, IdentityRows, AgentRows):
    """Implements `umt.application.transaction.Transaction`."""

    def __init__(
        self,
        connection: Connection,
        context: Context,
        now: datetime,
        vault: Vault,
        cipher: PersonalCipher,
        defer: Callable[..., None],
    ) -> None:
        # Everything that one request leads to shares a correlation, whether or not the caller named one.
        self.context = context if context.correlation else replace(context, correlation=uuid4())
        self.now = now
        self._connection, self._vault, self._defer = connection, vault, defer
        self._mapper = EventMapper(cipher, ConnectionKeys(connection, context.workspace))
        self._states: dict[UUID, tuple[Any, int]] = {}
        self._events: list[tuple[UUID, int, Event]] = []
        self._afterwards: list[Callable[[], None]] = []
        self._subject: UUID | None = None
        self._ids = 0
        connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(context.workspace),))

    # Aggregates

    def new_id(self) -> UUID:
        if self.context.command_id is None:
            return uuid4()
        self._ids += 1
        return uuid5(self.context.workspace, f"{self.context.actor}/{self.context.command_id}/{self._ids}")

    def load(self, kind: type[A], identifier: UUID) -> A | None:
        state, version = self._loaded(kind, identifier)
        if version and not isinstance(state, kind):
            return None
        return state  # type: ignore[no-any-return]

    def get(self, kind: type[A], identifier: UUID) -> A:
        state = self.load(kind, identifier)
        if state is None:
            raise NotFound(kind.kind, identifier)
        return state

    def create(
        self, kind: type[A], identifier: UUID, decision: Callable[..., tuple[Event, ...]], *args: Any, **kwargs: Any
    ) -> None:
        self._note(identifier, decision(self.load(kind, identifier), *args, **kwargs))

    def decide(
        self, kind: type[A], identifier: UUID, decision: Callable[..., tuple[Event, ...]], *args: Any, **kwargs: Any
    ) -> None:
        state = self.get(kind, identifier)
        self._check_expected_version(identifier)
        self._note(identifier, decision(state, *args, **kwargs))

    def record(self, kind: type[Aggregate], identifier: UUID, *events: Event) -> None:
        self._loaded(kind, identifier)
        self._note(identifier, events)

    def _loaded(self, kind: type[Aggregate], identifier: UUID) -> tuple[Any, int]:
        known = self._states.get(identifier)
        if known is None:
            known = self._states[identifier] = self._read(kind, identifier)
        return known

    def _read(self, kind: type[Aggregate], identifier: UUID) -> tuple[Any, int]:
        only_first = " AND version = 1" if kind.fixed_by_first_event else ""
        rows = self._connection.execute(
            f"SELECT {COLUMNS} FROM umt.event WHERE stream = %s{only_first} ORDER BY version",  # noqa: S608
            (identifier,),
            prepare=True,
            binary=True,
        ).fetchall()
        state = fold(self._mapper.recorded(row).event for row in rows)
        if not (rows and kind.fixed_by_first_event):
            return state, len(rows)
        newest = self._connection.execute(
            "SELECT version FROM umt.event WHERE stream = %s ORDER BY version DESC LIMIT 1", (identifier,), prepare=True
        ).fetchone()
        assert newest
        return state, newest[0]

    def _note(self, identifier: UUID, events: Iterable[Event]) -> None:
        if self._subject is None:
            self._subject = identifier
        state, version = self._states[identifier]
        for event in events:
            version += 1
            state = event.evolve(state)
            self._events.append((identifier, version, event))
        self._states[identifier] = (state, version)

    def _check_expected_version(self, identifier: UUID) -> None:
        """The caller's expectation is about the thing the command is about: the first one decided on."""
        expected = self.context.expected_version
        if expected is None or self._subject is not None:
            return
        actual = self._states[identifier][1]
        if actual != expected:
            raise VersionConflict(identifier, expected=expected, actual=actual)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        saved = dict(self._states), len(self._events), len(self._afterwards), self._subject
        try:
            yield
        except BaseException:
            self._states, events, afterwards, self._subject = saved
            del self._events[events:], self._afterwards[afterwards:]
            raise

    # The end

    @property
    def subject(self) -> UUID | None:
        return self._subject

    def flush(self, command: tuple[str, bytes] | None) -> tuple[Appended, int]:
        """Append the events and the command's row, then write what belongs to them."""
        events = [self._stored(stream, version, event) for stream, version, event in self._events]
        records = []
        if command:
            records.append(
                CommandRecord(
                    self.context.workspace,
                    str(self.context.actor),
                    command[0],
                    command[1],
                    self._subject,
                    first=0,
                    count=len(events),
                )
            )
        appended = append(self._connection, events, records)
        for write in self._afterwards:
            write()
        return appended, len(events)

    @property
    def wrote_nothing(self) -> bool:
        return not self._events and not self._afterwards

    def _stored(self, stream: UUID, version: int, event: Event) -> NewEvent:
        context = self.context
        event_id = uuid4()
        metadata = Metadata(
            event_id=event_id,
            actor=context.actor,
            correlation=context.correlation or event_id,
            causation=context.cause,
            command_id=context.command_id,
            trace=context.trace,
            effective_at=self.now,
            schema_version=event.schema_version,
            salt=base64.b64encode(os.urandom(16)).decode(),
        )
        return NewEvent(
            originator_id=stream,
            originator_version=version,
            topic=event.type_name,
            state=self._mapper.encode(event),
            workspace=context.workspace,
            metadata=self._mapper.encode(metadata),
        )
