"""Whatever goes wrong in the writer: the next command is done, nobody else waits, and everybody is answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.integration.log.writers import another, busy, through
from tests.integration.people import Person

from umt.adapters.postgres import writer as writers
from umt.adapters.postgres.database import APP, connect
from umt.adapters.postgres.log import NewEvent, append
from umt.adapters.postgres.session import Session, is_idle
from umt.adapters.postgres.transaction import PostgresTransaction
from umt.adapters.postgres.writer import PostgresWriter
from umt.application.commands.brand import CreateBrand, RenameBrand
from umt.application.dispatch import CommandKey
from umt.application.errors import IdempotencyConflict, Unavailable
from umt.application.transaction import Transaction
from umt.bootstrap import System
from umt.domain import brand
from umt.domain.brand import Brand, Industry
from umt.domain.errors import AlreadyExists, NameTaken, NotFound, VersionConflict

TRADE = Industry("Trade")


@pytest.fixture
def writer(wired: System) -> Iterator[PostgresWriter]:
    made = another(wired)
    yield made
    made.close()


def create(name: str) -> CreateBrand:
    return CreateBrand(name=name, industry=TRADE)


def events(number: int) -> list[Any]:
    return [brand.BrandCreated("Bulk", TRADE, ""), *(brand.BrandDescribed(f"{n}", TRADE) for n in range(number - 1))]


def reused_key_of_another_process(writer: PostgresWriter, pat: Person) -> Future[Any]:
    """Nothing is known of what the key made, so only the append finds it."""
    pat.does(create("One"), key="key")
    return through(writer).submit(create("Other"), pat.context("key"))


def reused_key(writer: PostgresWriter, pat: Person) -> Future[Any]:
    through(writer).submit(create("One"), pat.context("key")).result()
    return through(writer).submit(create("Other"), pat.context("key"))


def reused_key_of_a_refused_command(writer: PostgresWriter, pat: Person) -> Future[Any]:
    through(writer).submit(create("One"), pat.context("key")).result()
    return through(writer).submit(RenameBrand(brand=uuid4(), name="Nobody"), pat.context("key"))


def refused(writer: PostgresWriter, pat: Person) -> Future[Any]:
    return through(writer).submit(RenameBrand(brand=uuid4(), name="Nobody"), pat.context())


def name_of_another_process(writer: PostgresWriter, pat: Person) -> Future[Any]:
    pat.makes(create("Held"))
    return through(writer).submit(create("Held"), pat.context())


def stale_append(writer: PostgresWriter, pat: Person) -> Future[Any]:
    stream = uuid4()
    writer.append(pat.context(), [(stream, 0, events(2))]).result()
    return writer.append(pat.context(), [(stream, 1, events(1))])


def stale_append_of_many(writer: PostgresWriter, pat: Person) -> Future[Any]:
    stream = uuid4()
    writer.append(pat.context(), [(stream, 0, events(2))]).result()
    return writer.append(pat.context(), [(uuid4(), 0, events(1200)), (stream, 0, events(1))])


def impossible_statement(writer: PostgresWriter, pat: Person) -> Future[Any]:
    def work(tx: Transaction) -> None:
        assert isinstance(tx, PostgresTransaction)
        tx.create(Brand, uuid4(), brand.create, "Impossible", TRADE)
        tx._writing().execute("SELECT 1 / 0")

    return writer.execute(pat.context(), work, CommandKey(uuid4().hex, b""))


def impossible_row(writer: PostgresWriter, pat: Person) -> Future[Any]:
    def work(tx: Transaction) -> None:
        assert isinstance(tx, PostgresTransaction)
        tx.create(Brand, uuid4(), brand.create, "Impossible", TRADE)
        connection = tx._writing()
        tx.afterwards.append(lambda: connection.execute("SELECT 1 / 0"))  # type: ignore[arg-type]

    return writer.execute(pat.context(), work, CommandKey(uuid4().hex, b""))


def statement_whose_failure_is_hidden(writer: PostgresWriter, pat: Person) -> Future[Any]:
    def work(tx: Transaction) -> None:
        assert isinstance(tx, PostgresTransaction)
        try:
            tx._writing().execute("SELECT 1 / 0")
        except psycopg.Error:
            tx.create(Brand, uuid4(), brand.create, "Hidden", TRADE)

    return writer.execute(pat.context(), work, CommandKey(uuid4().hex, b""))


def interrupted(writer: PostgresWriter, pat: Person) -> Future[Any]:
    def work(tx: Transaction) -> None:
        tx.load(Brand, uuid4())
        raise KeyboardInterrupt

    return writer.run(pat.context(), work)


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (reused_key_of_another_process, IdempotencyConflict),
        (reused_key, IdempotencyConflict),
        (reused_key_of_a_refused_command, IdempotencyConflict),
        (refused, NotFound),
        (name_of_another_process, NameTaken),
        (stale_append, VersionConflict),
        (stale_append_of_many, VersionConflict),
        (impossible_statement, psycopg.errors.DivisionByZero),
        (impossible_row, psycopg.errors.DivisionByZero),
        (statement_whose_failure_is_hidden, psycopg.errors.InFailedSqlTransaction),
        (interrupted, KeyboardInterrupt),
    ],
)
def test_after_a_failure_the_next_command_is_done_and_nobody_waits(
    wired: System,
    pat: Person,
    sam: Person,
    writer: PostgresWriter,
    failure: Callable[[PostgresWriter, Person], Future[Any]],
    told: type[BaseException],
) -> None:
    assert isinstance(failure(writer, pat).exception(60), told)
    assert writer._connection
    assert is_idle(writer._connection)
    next_one = through(writer).submit(create("Next"), sam.context()).result(60)
    assert written_at(wired, next_one.subject) == [next_one.position]
    assert sam.does(create("Of another process")).position == next_one.position + 1


def written_at(wired: System, stream: UUID | None) -> list[int]:
    assert stream
    return [recorded.position for recorded in wired.source.stream(stream)]


def test_what_failed_work_believed_is_forgotten(pat: Person, writer: PostgresWriter) -> None:
    known = through(writer).submit(create("Known"), pat.context()).result().subject
    assert known
    assert writer._cache.get((pat.workspace, known))

    def work(tx: Transaction) -> None:
        assert isinstance(tx, PostgresTransaction)
        tx.decide(Brand, known, brand.describe, "believed", TRADE)
        connection = tx._writing()
        tx.afterwards.append(lambda: connection.execute("SELECT 1 / 0"))  # type: ignore[arg-type]

    failed = writer.execute(pat.context(), work, CommandKey(uuid4().hex, b""))
    assert isinstance(failed.exception(30), psycopg.errors.DivisionByZero)
    assert writer._cache.get((pat.workspace, known)) is None


def test_a_connection_that_was_left_in_a_transaction_is_not_used(
    wired: System, pat: Person, writer: PostgresWriter
) -> None:
    through(writer).submit(create("First"), pat.context()).result()
    assert writer._connection
    writer._connection.execute("BEGIN; SELECT pg_advisory_xact_lock(7311, 1)")
    outcome = through(writer).submit(create("Second"), pat.context()).result()
    assert written_at(wired, outcome.subject) == [outcome.position]


def test_what_cannot_be_committed_is_not_told_as_done(wired: System, pat: Person) -> None:
    with connect(wired.url, APP) as connection:
        session = Session(connection)
        with pytest.raises(psycopg.errors.DivisionByZero):
            session.bound(pat.workspace).execute("SELECT 1 / 0")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            session.commit()


def test_who_waits_for_anothers_long_transaction_is_told(
    wired: System, pat: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "LOCK_SECONDS", 1)
    writer = another(wired)
    with connect(wired.url, APP, autocommit=False) as long:
        append(long, [NewEvent(uuid4(), 1, "test.happened", b"{}", pat.workspace, b"{}")])
        waits = through(writer).submit(create("Waits"), pat.context())
        refused = waits.exception(timeout=10)
        long.rollback()
    assert isinstance(refused, Unavailable)
    assert "Others hold the log" in str(refused)
    assert through(writer).submit(create("Waits"), pat.context()).result().events == 1
    writer.close()


def test_whoever_submits_while_a_writer_closes_or_later_is_answered(wired: System, pat: Person) -> None:
    writer = another(wired)
    with busy(writer):
        before = through(writer).submit(create("Before"), pat.context())
        closing = threading.Thread(target=writer.close)
        closing.start()
        deadline = time.monotonic() + 30
        while writer._open and time.monotonic() < deadline:
            time.sleep(0.01)
        with pytest.raises(Unavailable):
            through(writer).submit(create("Meanwhile"), pat.context())
    closing.join(30)
    assert before.result(0).events == 1
    with pytest.raises(Unavailable):
        through(writer).submit(create("Later"), pat.context())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_waits_for_a_writer_that_died_is_answered(
    wired: System, pat: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = another(wired)

    def die(*_: object) -> None:
        raise SystemExit

    with busy(writer):
        monkeypatch.setattr(writer, "_work_off", die)
        waits = [through(writer).submit(create(f"Waits {n}"), pat.context()) for n in range(100)]
    assert all(isinstance(future.exception(30), Unavailable) for future in waits)
    writer._thread.join(30)


def test_a_refused_append_in_bulk_names_the_stream_and_its_version(
    pat: Person, sam: Person, writer: PostgresWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, foreign = uuid4(), uuid4()
    writer.append(pat.context(), [(known, 0, events(3))]).result()
    writer.append(sam.context(), [(foreign, 0, events(3))]).result()
    calls: list[int] = []
    once = Session.append
    monkeypatch.setattr(Session, "append", lambda session, batch: calls.append(len(batch)) or once(session, batch))  # type: ignore[func-returns-value]
    for after in (0, 1, 7):
        with pytest.raises(VersionConflict) as refused:
            writer.append(pat.context(), [(uuid4(), 0, events(2)), (known, after, events(1))]).result()
        assert (refused.value.stream, refused.value.expected, refused.value.actual) == (known, after, 3)
    with pytest.raises(VersionConflict) as refused:
        writer.append(pat.context(), [(uuid4(), 0, events(1200)), (known, 1, events(1))]).result()
    assert (refused.value.stream, refused.value.actual) == (known, 3)
    with pytest.raises(NotFound) as unseen:
        writer.append(pat.context(), [(known, 3, events(2)), (foreign, 3, events(1))]).result()
    assert unseen.value.identifier == foreign
    with pytest.raises(AlreadyExists) as taken:
        writer.append(pat.context(), [(known, 3, events(2)), (foreign, 0, events(1))]).result()
    assert taken.value.identifier == foreign
    with pytest.raises(VersionConflict) as twice:
        writer.append(pat.context(), [(known, 3, events(1)), (known, 3, events(1))]).result()
    assert (twice.value.stream, twice.value.expected, twice.value.actual) == (known, 3, 4)
    assert len(calls) == 3 + 3 + 3


def test_a_command_that_read_a_stream_which_moved_is_told_which(
    pat: Person, sam: Person, writer: PostgresWriter
) -> None:
    """The second of two streams that were read is the one that moved."""
    from umt.adapters.postgres.log import Batch, Raced, append_batch

    still, moved = pat.makes(create("Still")), pat.makes(create("Moves"))
    pat.does(RenameBrand(brand=moved, name="Moved"))
    batch = Batch.of([NewEvent(uuid4(), 1, "test.happened", b"{}", pat.workspace, b"{}")])
    batch.reads[pat.workspace, still] = batch.reads[pat.workspace, moved] = 1
    with connect(pat.system.url, APP) as connection, pytest.raises(Raced) as raced:
        append_batch(connection, batch)
    assert (raced.value.stream, raced.value.version) == (moved, 2)
