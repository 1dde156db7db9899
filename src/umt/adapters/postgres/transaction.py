"""One unit of work in one workspace, on the writer's connection.

Rule of locks: the log's lock comes first. Events are collected while the work decides and appended at its end; rows that
belong to them are written after that, so two transactions never wait for each other crosswise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID, uuid4, uuid5

from msgspec.structs import replace

from umt.adapters.postgres.agent_rows import AgentRows
from umt.adapters.postgres.identity_rows import IdentityRows
from umt.adapters.postgres.model_rows import ModelRows
from umt.adapters.postgres.name_rows import NameRows, Names
from umt.adapters.postgres.performance_rows import PerformanceRows
from umt.adapters.postgres.session import Connection
from umt.adapters.postgres.stream_cache import Known
from umt.adapters.vault import Vault
from umt.application.transaction import A, Context
from umt.domain.errors import NotFound, VersionConflict
from umt.domain.event import Aggregate, Event


class Surroundings(Protocol):
    """The group that a transaction is part of, as the transaction sees it."""

    vault: Vault
    names: Names
    defer: Callable[..., None]

    def stream(
        self, kind: type[Aggregate], workspace: UUID, stream: UUID, *, sure: bool, new: bool
    ) -> tuple[Known, bool]:
        """The stream, and whether that is certain. Unless ``sure``, it may be what was known of it lately, and one
        that is to be ``new`` may be believed to be absent."""
        ...

    def reading(self, workspace: UUID) -> Connection:
        """The connection once all rows that earlier commands wrote are to be seen on it."""
        ...

    def writing(self, workspace: UUID) -> Connection:
        """The connection."""
        ...

    def changing(self, workspace: UUID) -> Connection:
        """The connection, with nobody else's work in its transaction."""
        ...


class PostgresTransaction(NameRows, PerformanceRows, IdentityRows, ModelRows, AgentRows):
    """Implements `umt.application.transaction.Transaction`. Unless ``sure``, it decides on what is believed of streams
    and names; `doubtful` tells whether it did."""

    def __init__(self, group: Surroundings, context: Context, now: datetime, *, sure: bool) -> None:
        # Everything that one request leads to shares a correlation, whether or not the caller named one.
        self.context = context if context.correlation else replace(context, correlation=uuid4())
        self.now, self.wall_clock = now, datetime.now(UTC)
        self.events: list[tuple[UUID, int, Event]] = []
        self.found: dict[UUID, Known] = {}
        """The streams that were read, as they were before this transaction."""
        self.states: dict[UUID, Known] = {}
        self.unread: set[UUID] = set()
        """The streams that were appended to unread."""
        self.doubtful = False
        self.subject: UUID | None = None
        self._group, self._sure = group, sure
        self._vault, self._defer, self._names = group.vault, group.defer, Names(group.names)
        self._afterwards: list[Callable[[], None]] = []
        self._ids = 0

    # Aggregates

    def new_id(self) -> UUID:
        if self.context.command_id is None:
            return uuid4()
        self._ids += 1
        return uuid5(self.context.workspace, f"{self.context.actor}/{self.context.command_id}/{self._ids}")

    def load(self, kind: type[A], identifier: UUID, *, new: bool = False) -> A | None:
        state = self._loaded(kind, identifier, new=new).state
        return state if isinstance(state, kind) else None

    def get(self, kind: type[A], identifier: UUID) -> A:
        state = self.load(kind, identifier)
        if state is None:
            raise NotFound(kind.kind, identifier)
        return state

    def create(
        self, kind: type[A], identifier: UUID, decision: Callable[..., tuple[Event, ...]], *args: Any, **kwargs: Any
    ) -> None:
        state = self._loaded(kind, identifier, new=True).state
        self._check_expected_version(identifier)
        self._note(identifier, decision(state if isinstance(state, kind) else None, *args, **kwargs))

    def decide(
        self, kind: type[A], identifier: UUID, decision: Callable[..., tuple[Event, ...]], *args: Any, **kwargs: Any
    ) -> None:
        state = self.get(kind, identifier)
        self._check_expected_version(identifier)
        self._note(identifier, decision(state, *args, **kwargs))

    def record(self, kind: type[Aggregate], identifier: UUID, *events: Event) -> None:
        self._loaded(kind, identifier)
        self._note(identifier, events)

    def append(self, stream: UUID, after: int, events: Sequence[Event]) -> None:
        """Append to a stream whose newest version is known, without reading it or folding its events; for great numbers."""
        self.unread.add(stream)
        self.events += [(stream, after + place, event) for place, event in enumerate(events, start=1)]

    def _loaded(self, kind: type[Aggregate], identifier: UUID, *, new: bool = False) -> Known:
        known = self.states.get(identifier)
        if known is None:
            known, certain = self._group.stream(kind, self.context.workspace, identifier, sure=self._sure, new=new)
            self.doubtful = self.doubtful or not certain
            self.found[identifier] = self.states[identifier] = known
        return known

    def _note(self, identifier: UUID, events: Iterable[Event]) -> None:
        if self.subject is None:
            self.subject = identifier
        state, version, weight, snapshot = self.states[identifier]
        for event in events:
            version += 1
            state = event.evolve(state)
            self.events.append((identifier, version, event))
        self.states[identifier] = Known(state, version, weight, snapshot)

    def _check_expected_version(self, identifier: UUID) -> None:
        """The caller's expectation is about the thing the command is about: the first one decided on."""
        expected = self.context.expected_version
        if expected is None or self.subject is not None:
            return
        actual = self.states[identifier].version
        if actual != expected:
            raise VersionConflict(identifier, expected=expected, actual=actual)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        saved = dict(self.states), len(self.events), len(self._afterwards), self.subject, self._names.copy()
        try:
            yield
        except BaseException:
            states, events, afterwards, self.subject, self._names = saved
            # What was read in it stays read: what is done about the failure rests on that as well.
            self.states = self.found | states
            del self.events[events:], self._afterwards[afterwards:]
            raise

    # Rows

    @property
    def names(self) -> Names:
        """The names that this transaction takes and frees."""
        return self._names

    @property
    def afterwards(self) -> list[Callable[[], None]]:
        """What writes the rows that belong to the events."""
        return self._afterwards

    @property
    def wrote_nothing(self) -> bool:
        return not (self.events or self._afterwards or self._names.held)

    def _reading(self) -> Connection:
        return self._group.reading(self.context.workspace)

    def _writing(self) -> Connection:
        return self._group.writing(self.context.workspace)

    def _changing(self) -> Connection:
        return self._group.changing(self.context.workspace)
