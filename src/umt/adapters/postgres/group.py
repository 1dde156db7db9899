"""A group of commands and other work that share one commit, and each fail alone.

They are decided one after another, each on what the earlier ones decided. Nothing is told to anybody before the commit.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg

from umt.adapters.postgres.key_rows import sealed_now
from umt.adapters.postgres.log import Appended, Batch, CommandRecord, ForeignStream, Raced
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.postgres.name_rows import Names
from umt.adapters.postgres.session import Connection, Session
from umt.adapters.postgres.snapshots import snapshot_at
from umt.adapters.postgres.stored_form import StoredForm
from umt.adapters.postgres.stream_cache import ABSENT, Key, Known, StreamCache
from umt.adapters.postgres.transaction import PostgresTransaction
from umt.adapters.vault import PersonalCipher, Vault
from umt.adapters.vault.personal import subject_name
from umt.application.dispatch import CommandKey
from umt.application.errors import IdempotencyConflict
from umt.application.ports import Clock
from umt.application.transaction import Context, Outcome, Transaction
from umt.domain.errors import AlreadyExists, DomainError, NotFound, VersionConflict
from umt.domain.event import Aggregate

CHUNK: Final = 500
"""Events that go to the database in one call; with more, the next ones are encoded while those are written."""


class Submitted:
    """A command or other work that waits to be done. What names each stream's version ``after``
    which it appends is not decided again."""

    __slots__ = ("after", "answer", "command", "context", "key", "number", "result", "work")

    def __init__(
        self,
        context: Context,
        work: Callable[[Transaction], Any],
        key: CommandKey | None,
        *,
        command: bool,
        after: Mapping[UUID, int] | None = None,
    ) -> None:
        self.context, self.work, self.key, self.command, self.after = context, work, key, command, after
        self.result: Future[Any] = Future()
        self.number: str | None = None
        """Of the transaction that did it, once that is about to commit: tells what became of it if the answer is lost."""
        self.answer: Any = None
        """What its result is if that transaction was committed."""


@dataclass(frozen=True)
class Desk:
    """What a writer has at hand for every group."""

    clock: Clock
    vault: Vault
    cipher: PersonalCipher
    mapper: EventMapper
    keys: GroupKeys
    cache: StreamCache
    defer: Callable[..., None]


class GroupKeys:
    """Subject keys as the group at work finds and makes them."""

    def __init__(self) -> None:
        self.group: Group | None = None

    def wrapped(self, subject: UUID) -> bytes | None:
        assert self.group
        return self.group.subject_key(subject)

    def store(self, subject: UUID, sealed: bytes) -> None:
        assert self.group
        self.group.keep_subject_key(subject, sealed)


class GroupEnds(BaseException):
    """What comes next must see what this group is about to write, so it waits for the next one. No error: work that
    catches its own errors must not catch this."""


class Group:
    """Takes work until it is told to commit. Implements `umt.adapters.postgres.transaction.Surroundings`."""

    def __init__(self, session: Session, desk: Desk, *, sure: bool) -> None:
        self.vault, self.defer, self.names = desk.vault, desk.defer, Names()
        self._session, self._desk, self._sure = session, desk, sure
        self._known: dict[Key, Known] = {}
        self._used: list[Key] = []
        self._unread: list[Key] = []
        self._commands: set[tuple[str, str, UUID]] = set()
        self._batch = Batch()
        self._large: PostgresTransaction | None = None
        self._afterwards: list[Callable[[], None]] = []
        self._subject_keys: dict[UUID, bytes] = {}
        self._answers: list[tuple[Submitted, Callable[[int], Any]]] = []
        self._accepted = False
        self._closed = False
        self._at_work: Context | None = None
        self._keyless: list[tuple[Submitted, Callable[[int], Any]]] = []
        desk.keys.group = self

    # Deciding

    def take(self, item: Submitted) -> None:
        """Decide it. Raises GroupEnds when it belongs into the next group, and what the database raises."""
        context, key = item.context, item.key
        if self._closed and self._answers:
            raise GroupEnds
        if key is not None:
            if (name := (key.id, str(context.actor), context.workspace)) in self._commands:
                raise GroupEnds
            self._commands.add(name)
        self._at_work = context
        self._decide(item, sure=self._sure)

    def _decide(self, item: Submitted, *, sure: bool) -> None:
        transaction = PostgresTransaction(self, item.context, self._desk.clock.now(), sure=sure)
        try:
            result = item.work(transaction)
        except psycopg.Error:
            raise
        except Exception as error:
            if not transaction.doubtful:
                self._refuse(item, error)
                return
        else:
            # What is to be written is checked by `umt.append`; what was only looked at, here.
            looked = transaction.wrote_nothing and not item.command
            if not (transaction.doubtful and looked and self._moved(item.context.workspace, transaction.found)):
                self._accept(item, transaction, result)
                return
        # Refused by what is believed of the streams, or told it: decided again on what they are.
        for stream in transaction.found:
            self._desk.cache.drop((item.context.workspace, stream))
        self._decide(item, sure=True)

    def _moved(self, workspace: UUID, found: Mapping[UUID, Known]) -> bool:
        """Whether any of the streams is past the version at which it is believed to be."""
        streams, versions = list(found), [known.version + 1 for known in found.values()]
        row = (
            self._session.bound(workspace)
            .execute(
                "SELECT EXISTS (SELECT FROM unnest(%s::uuid[], %s::integer[]) AS r (stream, version)"
                " JOIN umt.event e ON (e.stream, e.version) = (r.stream, r.version))",
                (streams, versions),
                prepare=True,
            )
            .fetchone()
        )
        return row is None or bool(row[0])

    def _accept(self, item: Submitted, transaction: PostgresTransaction, result: Any) -> None:
        context, batch = item.context, self._batch
        workspace, first, count, weight = context.workspace, len(batch), len(transaction.events), 0
        batch.bound.add(workspace)
        if count > CHUNK:
            self._only_this()
            self._large = transaction
        elif count:
            encoded = StoredForm(self._desk.mapper, transaction.context, transaction.now).encode(transaction.events)
            batch.extend(encoded)
            weight = sum(map(len, encoded.bodies))
        self._accepted = True
        self._unread += [(workspace, stream) for stream in transaction.unread]
        for stream, known in transaction.states.items():
            key = (workspace, stream)
            self._used.append(key)
            if known.version > transaction.found[stream].version:
                self._known[key] = known._replace(weight=known.weight + weight)
            elif item.command or not transaction.wrote_nothing:
                batch.reads[key] = known.version
        self.names.merge(transaction.names)
        self._afterwards += transaction.afterwards
        subject = transaction.subject
        if item.key:
            batch.commands.append(
                CommandRecord(workspace, str(context.actor), item.key.id, item.key.request_hash, subject, first, count)
            )

        def answer(base: int) -> Any:
            return Outcome(subject, base + first + count, count) if item.command else result

        if item.key is None:
            self._keyless.append((item, answer))
        self._answers.append((item, answer))

    def _refuse(self, item: Submitted, error: Exception) -> None:
        """Perhaps refused only because the same command was accepted before."""
        answer: Any = error
        if item.key:
            try:
                answer = known_outcome(self._session, item.context, item.key) or error
            except IdempotencyConflict as conflict:
                answer = conflict
        self._answers.append((item, lambda _: answer))

    # What a transaction sees

    def stream(
        self, kind: type[Aggregate], workspace: UUID, stream: UUID, *, sure: bool, new: bool
    ) -> tuple[Known, bool]:
        key = (workspace, stream)
        if (known := self._known.get(key)) is not None:
            return known, True
        if not sure and (known := self._desk.cache.get(key) or (ABSENT if new else None)) is not None:
            return known, False
        known = self._known[key] = self._read(kind, workspace, stream)
        return known, True

    def _read(self, kind: type[Aggregate], workspace: UUID, stream: UUID) -> Known:
        connection, mapper = self._session.bound(workspace), self._desk.mapper
        if not kind.fixed_by_first_event:
            return snapshot_at(connection, mapper, workspace, kind, stream)
        row = connection.execute(
            "SELECT position, type, schema_version, body,"
            " (SELECT version FROM umt.event WHERE stream = %(stream)s ORDER BY version DESC LIMIT 1)"
            " FROM umt.event WHERE stream = %(stream)s AND version = 1",
            {"stream": stream},
            prepare=True,
            binary=True,
        ).fetchone()
        if row is None:
            return ABSENT
        position, type_name, schema_version, body, version = row
        return Known(mapper.decode(position, type_name, schema_version, body).evolve(None), version, len(body))

    def reading(self, workspace: UUID) -> Connection:
        if self._afterwards and self._answers:
            raise GroupEnds
        return self._session.bound(workspace)

    def writing(self, workspace: UUID) -> Connection:
        return self._session.bound(workspace)

    def changing(self, workspace: UUID) -> Connection:
        self._only_this()
        return self._session.bound(workspace)

    def _only_this(self) -> None:
        if self._answers:
            raise GroupEnds
        self._closed = True

    def subject_key(self, subject: UUID) -> bytes | None:
        """A person's wrapped key, also one that this group made."""
        assert self._at_work
        if (made := self._subject_keys.get(subject)) is not None:
            return made
        connection = self._session.bound(self._at_work.workspace)
        row = connection.execute("SELECT sealed FROM umt.subject_key WHERE subject = %s", (subject,)).fetchone()
        return row[0] if row else None

    def keep_subject_key(self, subject: UUID, sealed: bytes) -> None:
        """Store a new key with the events that are sealed by it."""
        assert self._at_work
        workspace = self._at_work.workspace
        self._subject_keys[subject] = sealed
        self._afterwards.append(
            lambda: self._insert("INSERT INTO umt.subject_key VALUES (%s, %s, %s)", workspace, subject, sealed)
        )

    def _insert(self, query: str, workspace: UUID, subject: UUID, sealed: bytes) -> None:
        connection = self._session.bound(workspace)
        sealed = sealed_now(connection, self.vault, sealed, subject_name(subject))
        connection.execute(query, (subject, workspace, sealed))

    def _forget_subject_keys(self) -> None:
        """A key that was not stored must not be used for anything."""
        for subject in self._subject_keys:
            self._desk.cipher.forget(subject)

    # The end

    def commit(self) -> list[tuple[Submitted, Any]]:
        """Commit all of it; the answer is each one's result, an exception for a refusal."""
        base = 0
        if not self._accepted:
            self._session.rollback()
            self._forget_subject_keys()
        elif self._writes_something():
            base = self._append()
        else:
            self._session.commit()
        for key, known in self._known.items():
            self._desk.cache.put(key, known)
        for key in self._unread:
            self._desk.cache.drop(key)
        return [(item, answer(base)) for item, answer in self._answers]

    def abandon(self) -> None:
        """Nothing of it was, or is known to be, committed: what it believed and made is forgotten."""
        for key in (*self._used, *self._known):
            self._desk.cache.drop(key)
        self._forget_subject_keys()

    def long_streams(self, every: int) -> Iterator[tuple[Key, Known]]:
        """Streams that are known now and whose newest snapshot is ``every`` events ago or more."""
        for key, known in self._known.items():
            if known.version - known.snapshot >= every and not known.state.fixed_by_first_event:
                yield key, known

    def _writes_something(self) -> bool:
        if self._batch or self._batch.commands or self._large or self._afterwards or self.names.held:
            return True
        # A command leaves its result even when nothing changed.
        return any(item.command for item, _ in self._keyless)

    def _append(self) -> int:
        batch, session = self._batch, self._session
        batch.names = self.names.held
        if self._afterwards or self._large or self._keyless:
            assert self._at_work
            session.bound(self._at_work.workspace)
        appended = self._append_large(self._large) if self._large else session.append(batch)
        for write in self._afterwards:
            write()
        for item, answer in self._keyless:
            item.number, item.answer = appended.transaction, answer(appended.base)
        session.commit()
        return appended.base

    def _append_large(self, transaction: PostgresTransaction) -> Appended:
        """Chunk after chunk in one transaction; no pipeline, which would hang with the lock held."""
        form = StoredForm(self._desk.mapper, transaction.context, transaction.now)
        events, first = transaction.events, self._batch
        calls, weight = list[Future[Appended]](), 0
        with ThreadPoolExecutor(1) as calling:
            for start in range(0, len(events), CHUNK):
                encoded = form.encode(events[start : start + CHUNK])
                weight += sum(map(len, encoded.bodies))
                if start == 0:
                    first.extend(encoded)
                    encoded = first
                if calls:
                    calls[-1].result()
                calls.append(calling.submit(self._session.append, encoded))
        for stream, known in transaction.states.items():
            self._known[transaction.context.workspace, stream] = known._replace(weight=known.weight + weight)
        calls[-1].result()
        return calls[0].result()


def refusal(
    session: Session, context: Context, after: Mapping[UUID, int], refused: Raced | ForeignStream
) -> DomainError:
    """Why the log does not take versions that the caller named, each stream's newest, as the workspace may see it."""
    query = "SELECT stream, max(version) FROM umt.event WHERE stream = ANY(%s) GROUP BY stream"
    newest: dict[UUID, int] = dict(session.bound(context.workspace).execute(query, (list(after),)).fetchall())
    for stream, expected in after.items():
        if (actual := newest.get(stream, 0)) != expected:
            return VersionConflict(stream, expected=expected, actual=actual) if actual else NotFound("stream", stream)
    if isinstance(refused, ForeignStream):  # after all it is the append itself that gives a version twice
        return VersionConflict(refused.stream, expected=refused.version - 1, actual=refused.version)
    new = [stream for stream, expected in after.items() if not expected]
    return AlreadyExists("stream", new[0] if len(new) == 1 else f"(one of {len(new)} that were to be new)")


def known_outcome(session: Session, context: Context, key: CommandKey) -> Outcome | None:
    """What came of the command with this key, if it was accepted. Raises IdempotencyConflict for another request's."""
    row = (
        session.bound(context.workspace)
        .execute(
            "SELECT request_hash, subject, first_position, last_position FROM umt.command"
            " WHERE workspace = %s AND actor = %s AND command_id = %s",
            (context.workspace, str(context.actor), key.id),
            prepare=True,
        )
        .fetchone()
    )
    if row is None:
        return None
    request_hash, subject, first, last = row
    if not hmac.compare_digest(request_hash, key.request_hash):
        raise IdempotencyConflict(key.shown)
    return Outcome(subject, last, last - first + 1, repeated=True)
