"""The pulse of the log: who waits is woken by what concerns them, whatever becomes of notifications and connections."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from tests.integration.faults.probe import Author, Probe, probing

from umt.adapters.postgres import pulse as pulses
from umt.adapters.postgres.pulse import Pulse
from umt.application.contracts.published import published_views
from umt.application.errors import Unavailable
from umt.application.pulse import Shown
from umt.application.queries import StaleRead
from umt.bootstrap import System
from umt.projections import batches, dead_letters
from umt.projections.catalogue import PROJECTIONS, UNPROJECTED, VIEWS, sources
from umt.projections.generations import live

LONG = 30.0


@pytest.fixture
def probe(wired: System) -> Iterator[Probe]:
    with probing(wired) as probe:
        yield probe


@pytest.fixture
def author(wired: System) -> Author:
    return Author(wired)


@pytest.fixture
async def pulse(wired: System, probe: Probe) -> AsyncIterator[Pulse]:
    pulse = Pulse(wired.url, {probe.name: probe.projection})
    yield pulse
    await pulse.close()


def listeners(wired: System) -> list[int]:
    """The sessions that listen."""
    with wired.as_owner() as owner:
        rows = owner.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'umt pulse'")
        return [pid for (pid,) in rows]


@contextmanager
def nobody_tells(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While a projection's moves are not notified."""
    with monkeypatch.context() as patch:
        patch.setattr(batches, "tell", lambda connection: None)
        yield


def retried(probe: Probe, key: UUID) -> None:
    with probe.wired.as_worker() as connection:
        generation = live(connection, probe.name)
        assert generation
        dead_letters.retry(connection, probe.projection, generation, probe.wired.following, key)


async def waits(pulse: Pulse, author: Author, position: int, *views: str, seconds: float = LONG) -> int:
    return await pulse.wait_for(author.workspace, position, views, seconds)


async def test_a_wait_ends_when_what_it_waits_for_is_applied(
    wired: System, probe: Probe, author: Author, pulse: Pulse
) -> None:
    author.template("a")
    head = wired.source.head()
    waiting = [asyncio.create_task(waits(pulse, author, head, probe.notes.name)) for _ in range(50)]
    await asyncio.sleep(0.1)
    assert not any(task.done() for task in waiting)
    await asyncio.to_thread(probe.catch_up)
    assert await asyncio.gather(*waiting) == [head] * 50
    assert len(listeners(wired)) == 1


async def test_a_wait_that_lasts_too_long_says_how_far_they_are(wired: System, author: Author, pulse: Pulse) -> None:
    author.template("a")
    head = wired.source.head()
    with pytest.raises(StaleRead) as refused:
        await waits(pulse, author, head, seconds=0.2)
    assert (refused.value.wanted, refused.value.reached, refused.value.reason) == (head, 0, "LAGGING")


async def test_a_position_that_is_not_there_yet_is_waited_for(
    wired: System, probe: Probe, author: Author, pulse: Pulse
) -> None:
    with probe.running():
        waiting = asyncio.create_task(waits(pulse, author, wired.source.head() + 1))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await asyncio.to_thread(author.template)
        await waiting


async def test_a_notification_that_is_lost_is_made_good(
    wired: System, probe: Probe, author: Author, pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    author.template("a")
    head = wired.source.head()
    waiting = asyncio.create_task(waits(pulse, author, head))
    await asyncio.sleep(0.1)
    with nobody_tells(monkeypatch):
        await asyncio.to_thread(probe.catch_up)
    await waiting


async def test_what_a_notification_says_is_not_believed(wired: System, author: Author, pulse: Pulse) -> None:
    author.template("a")
    head = wired.source.head()
    waiting = asyncio.create_task(waits(pulse, author, head + 1000, seconds=0.5))
    with wired.as_worker() as connection:
        for channel in ("umt_log", "umt_projection"):
            connection.execute("SELECT pg_notify(%s, %s)", (channel, str(head + 10_000)))
    with pytest.raises(StaleRead):
        await waiting


async def test_a_lost_connection_is_made_anew(wired: System, probe: Probe, author: Author, pulse: Pulse) -> None:
    await waits(pulse, author, 0)
    with pulse.watch_streams([uuid4()]) as watch, pulse.watch_views(author.workspace) as views:
        watch.begin()
        shown = await views.begin([probe.notes.name])
        (listener,) = listeners(wired)
        with wired.as_owner() as owner:
            owner.execute("SET ROLE NONE")
            owner.execute("SELECT pg_terminate_backend(%s, 5000)", (listener,))
        author.template("a")
        probe.catch_up()
        await waits(pulse, author, wired.source.head())
        assert listeners(wired) != [listener]
        assert await watch.woken(LONG), "it may have missed something"
        assert await views.woken(LONG)
        assert (await views.begin([probe.notes.name])).epoch != shown.epoch


async def test_without_a_database_nothing_is_known(
    probe: Probe, author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Pulse("postgresql://nobody@127.0.0.1:9/nowhere", {probe.name: probe.projection})
    try:
        with pytest.raises(Unavailable):
            await waits(away, author, 5, seconds=0.3)
        assert away.shown(author.workspace) is None
        monkeypatch.setattr(pulses, "SLOWEST_LOOK", 0.2)
        with away.watch_views(author.workspace) as views, pytest.raises(Unavailable):
            await views.begin([probe.notes.name])
    finally:
        await away.close()


# What is shown


async def sure(pulse: Pulse, workspace: UUID, *views: str) -> Shown:
    await pulse.known()
    shown = pulse.shown(workspace, views)
    assert shown
    return shown


async def heard(wired: System, author: Author, pulse: Pulse) -> None:
    """Until it has heard of all that there is."""
    await waits(pulse, author, wired.source.head(), "event_log")


async def test_what_is_shown_is_settled_until_something_of_it_changes(
    wired: System, probe: Probe, author: Author, pulse: Pulse
) -> None:
    stranger, shoes = Author(wired), author.template("a")
    probe.catch_up()
    first = await sure(pulse, author.workspace, probe.notes.name)
    assert first.settled
    position = author.revise(shoes, "b")
    await heard(wired, author, pulse)
    behind = await sure(pulse, author.workspace, probe.notes.name)
    assert (behind.settled, behind.changed) == (False, position)
    assert (await sure(pulse, stranger.workspace, probe.notes.name)).settled
    probe.catch_up()
    await waits(pulse, author, position)
    after = await sure(pulse, author.workspace, probe.notes.name)
    assert (after.settled, after.changed, after.epoch) == (True, position, first.epoch)


async def test_nothing_is_sure_between_a_command_and_the_news_of_it(
    wired: System, author: Author, pulse: Pulse
) -> None:
    await sure(pulse, author.workspace)
    position = wired.source.head() + 1
    pulse.expect(author.workspace, position)
    assert pulse.shown(author.workspace) is None
    assert pulse.shown(uuid4())
    author.template()
    await heard(wired, author, pulse)
    assert pulse.shown(author.workspace)


async def test_what_was_not_looked_at_lately_is_not_sure(
    author: Author, pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sure(pulse, author.workspace)
    monkeypatch.setattr(pulses, "SURE_SECONDS", 0.0)
    assert pulse.shown(author.workspace) is None


async def test_tables_built_anew_and_letters_that_are_retried_are_another_epoch(
    wired: System, probe: Probe, author: Author, pulse: Pulse
) -> None:
    probe.broken.add("fold")
    bad = author.template("fold")
    probe.catch_up()
    with pulse.watch_views(author.workspace) as watch:
        before = await watch.begin([probe.notes.name])
        assert before.settled
        await asyncio.to_thread(probe.rebuild)
        assert await watch.woken(LONG)
        rebuilt = await watch.begin([probe.notes.name])
        probe.broken.clear()
        await asyncio.to_thread(retried, probe, bad)
        assert await watch.woken(LONG)
        assert len({before.epoch, rebuilt.epoch, (await watch.begin([probe.notes.name])).epoch}) == 3


async def test_a_projection_that_is_behind_when_the_listening_begins_changes_only_what_it_catches_up_with(
    wired: System, probe: Probe, author: Author, pulse: Pulse
) -> None:
    stranger = Author(wired)
    author.template("a")
    probe.catch_up()
    stranger.template("b")
    with pulse.watch_views(author.workspace) as watch, pulse.watch_views(stranger.workspace) as other:
        assert (await watch.begin([probe.notes.name])).settled
        assert not (await other.begin([probe.notes.name])).settled
        await asyncio.to_thread(probe.catch_up)
        assert await other.woken(LONG)
        assert not await watch.woken(0.1)


# Who is woken


async def test_only_who_watches_a_stream_is_woken_by_it(wired: System, author: Author, pulse: Pulse) -> None:
    shoes, coats = author.template(), author.template()
    with pulse.watch_streams([shoes, coats]) as both, pulse.watch_streams([coats]) as one:
        both.begin()
        one.begin()
        await heard(wired, author, pulse)
        both.begin()
        one.begin()
        author.revise(shoes, "a")
        assert await both.woken(LONG)
        await heard(wired, author, pulse)
        assert not await one.woken(0)
        author.revise(coats, "a")
        assert await one.woken(LONG)


async def test_only_who_watches_views_of_a_workspace_is_woken_and_once_they_show_it(
    wired: System, probe: Probe, author: Author, pulse: Pulse
) -> None:
    stranger, shoes = Author(wired), author.template()
    probe.catch_up()
    with pulse.watch_views(author.workspace) as ours, pulse.watch_views(stranger.workspace) as theirs:
        await ours.begin([probe.notes.name])
        await theirs.begin([probe.notes.name])
        position = author.revise(shoes, "a")
        await heard(wired, author, pulse)
        assert not await ours.woken(0)
        probe.catch_up()
        assert await ours.woken(LONG)
        assert (await ours.begin([probe.notes.name])).position == position
        assert not await ours.woken(0)
        assert not await theirs.woken(0)


async def test_what_a_watch_says_is_shown_can_be_read(
    wired: System, probe: Probe, author: Author, pulse: Pulse
) -> None:
    """While somebody writes and projections follow, a read after `begin` has everything up to what that said."""
    stop = threading.Event()
    written: list[tuple[int, int]] = []

    def write() -> None:
        shoes = author.template()
        while not stop.is_set():
            written.append((author.revise(shoes, str(len(written))), len(written)))

    thread = threading.Thread(target=write)
    with probe.running(), pulse.watch_views(author.workspace) as watch:
        thread.start()
        try:
            for _ in range(30):
                shown = await watch.begin([probe.notes.name])
                (notes,) = (await asyncio.to_thread(probe.shown, author.workspace))[0].values() or ([],)
                expected = [str(number) for position, number in list(written) if position <= shown.position]
                assert notes[1 : len(expected) + 1] == expected
                assert await watch.woken(LONG)
        finally:
            stop.set()
            await asyncio.to_thread(thread.join)


# What a view is made of


def test_what_each_view_reads_is_known(wired: System) -> None:
    """As the database knows it: by the dependencies of views on tables."""
    with wired.as_owner() as owner:
        rows = owner.execute(
            "WITH RECURSIVE reads AS ("
            " SELECT r.ev_class AS view, d.refobjid AS read FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid"
            "  WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass"
            "   AND d.refobjid <> r.ev_class"
            " UNION SELECT reads.view, d.refobjid FROM reads JOIN pg_rewrite r ON r.ev_class = reads.read"
            "  JOIN pg_depend d ON d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class"
            ") SELECT v.relname, regexp_replace(t.relname, '_[0-9]+$', '') FROM reads"
            " JOIN pg_class v ON v.oid = reads.view JOIN pg_class t ON t.oid = reads.read"
            " WHERE v.relnamespace = 'read_v1'::regnamespace AND t.relnamespace = 'projection'::regnamespace"
        ).fetchall()
    of_table = {table.name: p.name for p in PROJECTIONS.values() for table in p.tables}
    known = sources(PROJECTIONS.values())
    for view, table in rows:
        if table in of_table:
            assert of_table[table] in known[view], view
    assert set(known) == {view.name for view in published_views(PROJECTIONS.values(), VIEWS)}
    assert {view for view, names in known.items() if not names} == set(UNPROJECTED)
