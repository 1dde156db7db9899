"""Batches of the log: a read model's rows and its checkpoint are kept in one transaction.

The checkpoint is moved by compare-and-set as the first thing of a batch: a worker that lost its turn is refused and
nothing of its batch stays. An event that cannot be applied is parked with its sequencing key
(`umt.projections.dead_letters`) in the same transaction.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
import psycopg

from umt.domain.recorded import Envelope, Undecoded
from umt.projections import dead_letters
from umt.projections.dead_letters import Letter
from umt.projections.generations import Generation, StaleWorker, advance, beat, refused, tell
from umt.projections.table import Projection
from umt.projections.writing import Effect, Statement, TableWriter, unapplicable

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Events in one transaction while following the log."""
CATCHING_UP: Final = 2000
"""Events in one transaction while far behind."""
LAZY_SECONDS: Final = 0.1
"""How long a checkpoint may stay behind events that do not concern its projection."""

Connection = psycopg.Connection[Any]


class Page(msgspec.Struct, frozen=True):
    """Events in order, the position up to which that is everything that was asked for, and whether there is more."""

    events: list[Envelope | Undecoded]
    position: int
    more: bool


class EventSource(Protocol):
    """The log as a projection reads it."""

    def page(
        self,
        after: int,
        limit: int,
        *,
        types: Sequence[str] = (),
        up_to: int | None = None,
        workspace: UUID | None = None,
        metadata: bool = True,
    ) -> Page:
        """At most ``limit`` events after a position: of these types, up to a position, of a workspace."""
        ...

    def at(self, positions: Sequence[int], *, metadata: bool = True) -> list[Envelope | Undecoded]:
        """The events at these positions, in order."""
        ...

    def earlier(self, identifier: UUID, *, before: int, types: Sequence[str]) -> Iterable[Envelope | Undecoded]:
        """A stream's events of these types before a position, in order."""
        ...

    def head(self) -> int:
        """The newest position; 0 while the log is empty."""
        ...

    def wait(self, after: int, timeout: float, types: Collection[str] | None = None) -> bool:
        """Until the log has an event after the position, at once if it is one of these types (None: any), else a moment later;
        False when the time is over before."""
        ...


class _Batch(msgspec.Struct, frozen=True):
    effects: list[Effect]
    statements: list[Statement] | None
    letters: list[Letter]
    position: int
    more: bool


_Asked = tuple[int, int, int | None]
_READING_AHEAD: Final = ThreadPoolExecutor(thread_name_prefix="reading-ahead")


class Batches:
    """Applies the log to one generation on one connection, batch by batch, as its only worker."""

    def __init__(
        self, projection: Projection, generation: Generation, source: EventSource, connection: Connection
    ) -> None:
        self.projection, self.generation = projection, generation
        self._source, self._connection = source, connection
        self._writer = TableWriter(projection, generation.relation)
        self._parked = dead_letters.parked_keys(connection, generation)
        self._position, self._moved_at = generation.position, 0.0
        self._ahead: tuple[_Asked, Future[_Batch]] | None = None
        self.behind = False
        """Whether the last batch was a full one."""

    @property
    def position(self) -> int:
        """Every event up to here is applied or parked, or does not concern the projection."""
        return self._position

    @property
    def pending(self) -> bool:
        """Whether the checkpoint is behind, by events that do not concern the projection."""
        return self._position > self.generation.position

    def step(self, limit: int = BATCH, up_to: int | None = None, *, lazily: bool = False) -> bool:
        """Take the next events; False when there was nothing new. StaleWorker when the turn is over.

        While a full batch is written, the next one is read, folded and, where no row has to be seen first, made ready.
        ``lazily``: a checkpoint that would pass nothing but events that do not concern the projection is moved a few
        times a second, or by `settle`.
        """
        asked = (self.position, limit, up_to)
        ahead, self._ahead = self._ahead, None
        batch = ahead[1].result() if ahead and ahead[0] == asked else self._prepared(*asked)
        if batch.position <= self.position:
            self.behind = False
            return False
        if lazily and not (batch.effects or batch.letters) and time.monotonic() < self._moved_at + LAZY_SECONDS:
            self._position, self.behind = batch.position, batch.more
            return True
        if batch.more:
            then = (batch.position, limit, up_to)
            self._ahead = then, _READING_AHEAD.submit(self._prepared, *then)
        with self._refusing():
            try:
                letters = self._together(batch)
            except Exception as error:
                if not unapplicable(error):
                    raise
                # Something in it cannot be applied: the same again, each event with a savepoint of its own.
                letters = self._one_by_one(batch)
        for letter in letters:
            if letter.error is not None:
                self._parked.add(letter.key)
                self._ahead = None  # it was folded without knowing of this
                log.warning("projection %s parks %s: %s", self.projection.name, letter.key, letter.error)
        self._moved(batch.position)
        self.behind = batch.more
        return True

    def settle(self) -> None:
        """Move the checkpoint to the position."""
        if self.pending:
            with self._refusing():
                self._together(_Batch([], [], [], self._position, False))
            self._moved(self._position)

    def beat(self) -> None:
        """Give a sign of life; StaleWorker when the turn is over."""
        beat(self._connection, self.generation)

    def _moved(self, position: int) -> None:
        self.generation = msgspec.structs.replace(self.generation, position=position)
        self._position, self._moved_at = position, time.monotonic()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except psycopg.DatabaseError as error:
            if refused(error):
                raise StaleWorker(str(error.diag.message_primary)) from error
            raise

    def _together(self, batch: _Batch) -> list[Letter]:
        connection = self._connection
        try:
            with connection.pipeline():
                connection.execute("BEGIN")
                # What a crash of the server takes of this it takes of the checkpoint, too, and it is applied again.
                connection.execute("SET LOCAL synchronous_commit = off")
                advance(connection, self.generation, batch.position)
                if batch.statements is None:
                    self._writer.write(connection, batch.effects)
                else:
                    for query, values in batch.statements:
                        connection.execute(query, values, prepare=True)
                dead_letters.park(connection, self.projection, self.generation, self._source, batch.letters)
                connection.execute("COMMIT")
                tell(connection)
        except BaseException:
            with suppress(psycopg.Error):
                connection.rollback()
            raise
        return batch.letters

    def _one_by_one(self, batch: _Batch) -> list[Letter]:
        letters = list(batch.letters)
        parked = {letter.key: letter.event.position for letter in letters if letter.error is not None}
        with self._connection.transaction():
            advance(self._connection, self.generation, batch.position)
            for event, changes in batch.effects:
                key = self.projection.key(event)
                if key in parked and parked[key] < event.position:
                    letters.append(Letter(event, key, None))
                    continue
                try:
                    with self._connection.transaction():
                        self._writer.write(self._connection, [(event, changes)])
                except Exception as error:
                    if not unapplicable(error):
                        raise
                    letters.append(self._unapplied(event, dead_letters.reason(error)))
                    parked[key] = event.position
            letters.sort(key=lambda letter: letter.event.position)
            dead_letters.park(self._connection, self.projection, self.generation, self._source, letters)
        tell(self._connection)
        return letters

    def _prepared(self, after: int, limit: int, up_to: int | None) -> _Batch:
        """The next events, folded: what can be applied as far as the folds say, and what is parked."""
        projection = self.projection
        page = self._source.page(
            after, limit, types=tuple(projection.folds), up_to=up_to, metadata=projection.with_metadata
        )
        effects: list[Effect] = []
        letters: list[Letter] = []
        parked = set(self._parked)
        key_of, changes_of = projection.key, projection.changes
        for event in page.events:
            if isinstance(event, Undecoded):
                key = event.stream if projection.sequenced_by == "stream" else event.workspace
                if key in parked:
                    letters.append(Letter(event, key, None))
                else:
                    letters.append(self._unapplied(event, dead_letters.storable(str(event.error))))
                    parked.add(key)
                continue
            if parked and (key := key_of(event)) in parked:
                letters.append(Letter(event, key, None))
                continue
            try:
                effects.append((event, list(changes_of(event))))
            except Exception as error:
                letters.append(self._unapplied(event, dead_letters.reason(error)))
                parked.add(key_of(event))
        return _Batch(effects, self._writer.prepared(effects), letters, page.position, page.more)

    def _unapplied(self, event: Envelope | Undecoded, reason: str) -> Letter:
        return Letter(event, event.stream if self.projection.sequenced_by == "stream" else event.workspace, reason)
