"""Several writers at the same streams: each decides on what the log holds, whatever it remembers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.log.writers import another, busy, through
from tests.integration.people import Person

from umt.adapters.postgres.database import APP, connect
from umt.adapters.postgres.log import Batch, NewEvent, Raced, append, append_batch
from umt.adapters.postgres.performance_rows import PerformanceRows
from umt.adapters.postgres.writer import PostgresWriter
from umt.application.commands.analytics import record_performance
from umt.application.commands.brand import ArchiveBrand, CreateBrand, DescribeBrand, RenameBrand
from umt.application.dispatch import CommandKey
from umt.application.errors import Unavailable
from umt.application.importing import importer
from umt.application.importing.importer import import_rows
from umt.application.importing.rows import PerformanceRow
from umt.application.transaction import Context, Outcome, Transaction
from umt.bootstrap import System
from umt.domain import brand, performance
from umt.domain.brand import Brand, Industry
from umt.domain.campaign import AdsFound
from umt.domain.errors import VersionConflict, WrongStatus
from umt.domain.event import Event
from umt.domain.performance import Figures, Record
from umt.domain.platform import Platform
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


def test_whoever_lost_twice_decides_while_nobody_else_writes(
    wired: System, pat: Person, one: PostgresWriter, other: PostgresWriter
) -> None:
    stream = known_to(one, pat)
    turns: list[Future[Outcome]] = []

    def work(tx: Transaction) -> None:
        tx.get(Brand, stream)
        faster = DescribeBrand(brand=stream, description=f"faster {len(turns)}", industry=TRADE)
        turns.append(through(other).submit(faster, pat.context()))
        wait(turns[-1:], timeout=1)
        tx.decide(Brand, stream, brand.describe, "slower", TRADE)

    assert one.execute(pat.context(), work, CommandKey(uuid4().hex, b"")).result().events == 1
    assert all(turn.result().events == 1 for turn in turns)
    assert version(wired, stream) == 2 + len(turns)


def test_figures_that_two_report_at_once_count_once(
    wired: System, pat: Person, one: PostgresWriter, other: PostgresWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context(workspace=pat.workspace, actor=Actor(ActorKind.SYSTEM, "test"))
    campaign, days = uuid4(), (date(2026, 3, 1), date(2026, 3, 2))

    def report(day: date, impressions: int) -> Callable[[Transaction], None]:
        def work(tx: Transaction) -> None:
            records = [Record("ad", day, Figures(impressions=impressions))]
            record_performance(tx, campaign, Platform.GOOGLE, "EUR", datetime(2026, 3, 3, tzinfo=UTC), records)

        return work

    def first_the_other(rows: PerformanceRows, *args: Any) -> Any:
        known = read(rows, *args)
        while before:
            other.run(context, before.pop()).result()
        return known

    read, before = PerformanceRows.known_performance, list[Callable[[Transaction], None]]()
    monkeypatch.setattr(PerformanceRows, "known_performance", first_the_other)
    for turn, day in enumerate(days):  # of a new month, and of one that both know
        before.append(report(day, 10))
        one.execute(context, report(day, 10 + turn), CommandKey(uuid4().hex, b"")).result()
    recorded = [each.event for each in wired.source.stream(performance.stream_of(campaign, Platform.GOOGLE, "2026-03"))]
    counted = Counter[date | None]()
    for event in recorded:
        assert isinstance(event, performance.PerformanceRecorded)
        counted.update({record.day: record.change.impressions for record in event.records})
    assert counted == {days[0]: 10, days[1]: 11}


def test_an_ad_that_two_import_at_once_is_found_once(
    wired: System, pat: Person, one: PostgresWriter, other: PostgresWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in a later chunk, when the campaign is known already."""
    context = Context(workspace=pat.workspace, actor=Actor(ActorKind.SYSTEM, "test"))

    def row(ad: str, month: int) -> PerformanceRow:
        figures = (100, 2, 1, 0, Decimal(1), Decimal(0))
        return PerformanceRow(1, "Spring", "Spring", ad, ad, (), "google", date(2026, month, 1), "EUR", *figures)

    def first_the_other(rows: PerformanceRows, campaign: UUID, platform: Platform, ads: Sequence[str]) -> set[str]:
        known = read(rows, campaign, platform, ads)
        if "Second" in ads and not campaigns:
            campaigns.append(campaign)
            import_rows(other, context, [row("Second", 3)])
        return known

    read, campaigns = PerformanceRows.known_ads, list[UUID]()
    monkeypatch.setattr(PerformanceRows, "known_ads", first_the_other)
    monkeypatch.setattr(importer, "_FEWEST_ROWS", 1)
    monkeypatch.setattr(importer, "_ROWS_PER_GROUP", 1)
    monkeypatch.setattr(importer, "_CHUNKS_UNDER_WAY", 1)
    import_rows(one, context, [row("First", 1), row("Second", 2)])
    found = [event.ads for each in wired.source.stream(campaigns[0]) if isinstance(event := each.event, AdsFound)]
    assert [ad.reference for ads in found for ad in ads] == ["First", "Second"]


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
