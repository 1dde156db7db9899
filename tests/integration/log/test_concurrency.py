"""Several writers at the same streams: each decides on what the log holds, whatever it remembers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from tests.integration.log.writers import another, busy, through
from tests.integration.people import Person

from umt.adapters.postgres.database import APP, connect
from umt.adapters.postgres.log import Batch, NewEvent, Raced, append, append_batch
from umt.adapters.postgres.writer import PostgresWriter
from umt.application.commands.brand import ArchiveBrand, CreateBrand, DescribeBrand, RenameBrand
from umt.application.dispatch import CommandKey, Unavailable
from umt.application.transaction import Context, Transaction
from umt.bootstrap import System
from umt.domain import brand
from umt.domain.brand import Brand, Industry
from umt.domain.errors import VersionConflict, WrongStatus
from umt.domain.event import Event
from umt.domain.recorded import Actor, ActorKind

TRADE = Industry("Trade")


@pytest.fixture
def one(wired: System) -> Iterator[PostgresWriter]:
    made = another(wired)
    yield made
    made.close()


@pytest.fixture
def other(wired: System) -> Iterator[PostgresWriter]:
    made = another(wired)
    yield made
    made.close()


def known_to(writer: PostgresWriter, pat: Person) -> UUID:
    """A brand that the writer made and remembers."""
    command = CreateBrand(name=f"Brand {uuid4()}", industry=TRADE)
    made = through(writer).submit(command, pat.context()).result().subject
    assert made
    return made


def version(wired: System, stream: UUID) -> int:
    return wired.source.stream(stream)[-1].version


def test_sixteen_writers_at_one_version_succeed_as_often_as_it_grows(wired: System, pat: Person) -> None:
    stream = uuid4()

    def write(number: int) -> int:
        successes = 0
        with connect(wired.url, APP) as connection:
            for _ in range(20):
                rows = connection.execute("SELECT umt.head()").fetchone()
                assert rows
                after = versions[-1]
                event = NewEvent(stream, after + 1, "test.happened", b"{}", pat.workspace, b"{}")
                try:
                    append(connection, [event])
                except Raced:
                    continue
                successes += 1
                versions.append(after + 1)
        return successes

    versions = [0]
    with ThreadPoolExecutor(16) as threads:
        successes = sum(threads.map(write, range(16)))
    with connect(wired.url, APP) as connection, connection.transaction():
        connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(pat.workspace),))
        stored = connection.execute("SELECT version FROM umt.event WHERE stream = %s ORDER BY version", (stream,))
        assert [row[0] for row in stored.fetchall()] == list(range(1, successes + 1))


def test_commands_of_many_writers_all_succeed(wired: System, pat: Person) -> None:
    stream = known_to(wired.writer, pat)
    writers = [another(wired) for _ in range(4)]

    def describe(number: int) -> None:
        command = DescribeBrand(brand=stream, description=f"Number {number}", industry=TRADE)
        through(writers[number % 4]).submit(command, pat.context()).result()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(describe, range(32)))
    for writer in writers:
        writer.close()
    assert version(wired, stream) == 33


def test_what_another_process_did_is_seen_whatever_is_remembered(
    wired: System, pat: Person, one: PostgresWriter, other: PostgresWriter
) -> None:
    stream = known_to(one, pat)
    through(other).submit(RenameBrand(brand=stream, name="Second"), pat.context()).result()
    # Nothing would change by what is remembered; by what the log holds it does.
    created = wired.source.stream(stream)[0].event
    assert isinstance(created, brand.BrandCreated)
    first_name = created.name
    renamed = through(one).submit(RenameBrand(brand=stream, name=first_name), pat.context()).result()
    assert renamed.events == 1
    through(other).submit(ArchiveBrand(brand=stream), pat.context()).result()
    describe = DescribeBrand(brand=stream, description="too late", industry=TRADE)
    with pytest.raises(WrongStatus):
        through(one).submit(describe, pat.context()).result()
    assert version(wired, stream) == 4


def test_a_refusal_by_what_is_remembered_is_decided_again(
    pat: Person, one: PostgresWriter, other: PostgresWriter
) -> None:
    stream = known_to(one, pat)
    through(other).submit(DescribeBrand(brand=stream, description="x", industry=TRADE), pat.context()).result()
    expecting = pat.context(expected_version=2)
    seen = through(one).submit(DescribeBrand(brand=stream, description="y", industry=TRADE), expecting)
    assert seen.result().events == 1
    stale = pat.context(expected_version=2)
    with pytest.raises(VersionConflict) as refused:
        through(other).submit(DescribeBrand(brand=stream, description="z", industry=TRADE), stale).result()
    assert refused.value.actual == 3


def test_a_decision_on_a_stream_that_moved_is_made_again(
    wired: System, pat: Person, one: PostgresWriter, other: PostgresWriter
) -> None:
    """A command that read one brand and writes another is decided on the newest of both."""
    read, written = known_to(one, pat), known_to(one, pat)
    through(other).submit(RenameBrand(brand=read, name="Moved"), pat.context()).result()

    def work(tx: Transaction) -> None:
        name = tx.get(Brand, read).name
        tx.decide(Brand, written, brand.describe, f"like {name}", TRADE)

    one.execute(pat.context(), work, CommandKey(uuid4().hex, b"")).result()
    described = wired.source.stream(written)[-1].event
    assert isinstance(described, brand.BrandDescribed)
    assert described.description == "like Moved"


def test_an_append_says_which_versions_it_was_decided_on(wired: System, pat: Person) -> None:
    stream = known_to(wired.writer, pat)
    batch = Batch.of([NewEvent(uuid4(), 1, "test.happened", b"{}", pat.workspace, b"{}")])
    with connect(wired.url, APP) as connection:
        batch.reads[pat.workspace, stream] = 0
        with pytest.raises(Raced):
            append_batch(connection, batch)
        batch.reads[pat.workspace, stream] = 1
        append_batch(connection, batch)


def test_others_commit_after_an_append_that_is_open_in_order_and_without_a_gap(wired: System, pat: Person) -> None:
    writers = [another(wired) for _ in range(3)]
    with connect(wired.url, APP, autocommit=False) as slow:
        base = append(slow, [NewEvent(uuid4(), 1, "test.happened", b"{}", pat.workspace, b"{}")]).base
        futures = [
            through(writer).submit(CreateBrand(name=f"Waits {n}", industry=TRADE), pat.context())
            for n, writer in enumerate(writers)
        ]
        assert wired.source.head() == base
        assert not any(future.done() for future in futures)
        slow.commit()
    assert sorted(future.result().position for future in futures) == [base + 2, base + 3, base + 4]
    for writer in writers:
        writer.close()


def test_an_append_that_is_given_up_leaves_no_gap(wired: System, pat: Person) -> None:
    with connect(wired.url, APP, autocommit=False) as given_up:
        base = append(given_up, [NewEvent(uuid4(), 1, "test.happened", b"{}", pat.workspace, b"{}")]).base
        future = through(wired.writer).submit(CreateBrand(name="Next", industry=TRADE), pat.context())
        given_up.rollback()
    assert future.result().position == base + 1


def test_what_is_submitted_may_be_taken_back_while_it_waits_and_not_be_too_much(wired: System, pat: Person) -> None:
    desk = wired.writer._desk
    writer = PostgresWriter(wired.url, desk.clock, desk.vault, desk.cipher, desk.defer, capacity=2)
    with busy(writer):
        first, second = (
            through(writer).submit(CreateBrand(name=f"Taken back {n}", industry=TRADE), pat.context()) for n in (1, 2)
        )
        with pytest.raises(Unavailable):
            through(writer).submit(CreateBrand(name="Too much", industry=TRADE), pat.context())
        assert first.cancel()
    assert second.result().events == 1
    writer.close()


def test_many_events_are_appended_in_one_transaction(wired: System, pat: Person, one: PostgresWriter) -> None:
    context = Context(workspace=pat.workspace, actor=Actor(ActorKind.SYSTEM, "test"))
    streams = [uuid4() for _ in range(30)]

    def events(number: int) -> list[Event]:
        described = [brand.BrandDescribed(f"{turn}", TRADE) for turn in range(number - 1)]
        return [brand.BrandCreated("Bulk", TRADE, ""), *described]

    outcome = one.append(context, [(stream, 0, events(100)) for stream in streams]).result()
    assert outcome.events == 3000
    assert [recorded.version for recorded in wired.source.stream(streams[7])] == list(range(1, 101))
    with connect(wired.url, APP) as connection, connection.transaction():
        connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(pat.workspace),))
        found = connection.execute(
            "SELECT array_agg(DISTINCT xmin::text), max(position) - min(position) + 1, count(*) FROM umt.event"
            " WHERE stream = ANY(%s)",
            (streams,),
        ).fetchone()
    assert found
    assert (len(found[0]), found[1], found[2]) == (1, 3000, 3000)
    with pytest.raises(VersionConflict):
        one.append(context, [(uuid4(), 0, events(600)), (streams[0], 0, events(1))]).result()
    assert wired.source.head() == outcome.position
    decided = through(one).submit(RenameBrand(brand=streams[0], name="After"), pat.context()).result()
    assert decided.events == 1
