"""Following a thing's events and what views show: nothing missed, nothing twice, and only for as long as one may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain import stories

from umt.api.graphql.subscriptions.campaigns import CampaignEvent, names_of
from umt.api.graphql.subscriptions.following import told
from umt.application import live
from umt.application.errors import Forbidden, Unauthenticated
from umt.application.lists import Page, Stretch
from umt.application.live import Happened, Live
from umt.application.past import Moment
from umt.application.permissions import Permission
from umt.application.pulse import Shown
from umt.application.queries import Queries
from umt.application.transaction import Context
from umt.domain.brand import Brand, BrandCreated, BrandRenamed, Industry
from umt.domain.campaign import AdSetRemoved, Campaign
from umt.domain.errors import NotFound
from umt.domain.event import Event, fold
from umt.domain.recorded import Actor, ActorKind, Metadata, Recorded
from umt.domain.workspace import Role

ACME, ANN, BRAND = UUID(int=1), UUID(int=2), UUID(int=3)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def recorded(event: Event, position: int, version: int, stream: UUID = BRAND) -> Recorded:
    metadata = Metadata(uuid4(), Actor(ActorKind.USER, str(ANN)), uuid4(), None, None, None, NOON, 1, "salt")
    return Recorded(position, stream, version, ACME, NOON, event, metadata)


class Log:
    """A log in memory with one brand in it, and the pulse of it."""

    def __init__(self, renames: int = 0) -> None:
        self.events: list[Recorded] = []
        self.watches: list[Watch] = []
        self.position = 0
        self.happens(BrandCreated("Alpina", Industry("Outdoor"), ""))
        for number in range(renames):
            self.renamed(number)

    def renamed(self, number: int) -> None:
        self.happens(BrandRenamed(f"Alpina {number}"))

    def happens(self, event: Event) -> None:
        self.position += 2  # others write, too
        self.events.append(recorded(event, self.position, len(self.events) + 1))
        self.wakes()

    def wakes(self) -> None:
        for watch in self.watches:
            watch.flag.set()

    # As a reader

    async def histories(
        self, workspace: UUID, streams: Sequence[UUID], stretch: Stretch, until: int | None = None
    ) -> list[Page[Recorded]]:
        await asyncio.sleep(0)
        (after,) = stretch.after or (0,)
        found = [e for e in self.events if e.stream in streams and e.version > after]
        return [Page(found[: stretch.limit], more_behind=len(found) > stretch.limit)]

    async def state(self, workspace: UUID, kind: type, stream: UUID, at: Moment | None) -> tuple[Any, int]:
        up_to = self.position if at is None or at.position is None else at.position
        events = [e.event for e in self.events if e.stream == stream and e.position <= up_to]
        state = fold(events)
        return (state, len(events)) if isinstance(state, kind) else (None, 0)

    # As a pulse

    @contextmanager
    def watch_streams(self, streams: Collection[UUID]) -> Iterator[Watch]:
        watch = Watch(self)
        self.watches.append(watch)
        try:
            yield watch
        finally:
            self.watches.remove(watch)

    @contextmanager
    def watch_views(self, workspace: UUID) -> Iterator[Watch]:
        with self.watch_streams(()) as watch:
            yield watch


class Watch:
    """Woken by whatever is appended."""

    def __init__(self, log: Log) -> None:
        self.log, self.flag, self.changed, self._seen = log, asyncio.Event(), False, -1

    def begin(self, views: Collection[str] = ()) -> Any:
        self.flag.clear()
        self.changed, self._seen = self._seen != self.log.position, self.log.position

        async def shown() -> Shown:
            return Shown(self._seen, self._seen, 1)

        return shown() if views else None

    def follow(self, views: Collection[str]) -> None:
        pass

    async def woken(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self.flag.wait()
        except TimeoutError:
            return False


class Speaker:
    """Somebody whose credential holds until it is taken away, or was asked so many times."""

    def __init__(self, lasts: float = float("inf")) -> None:
        self.asked, self.lasts = 0, lasts
        self.role: Role | None = Role.ANALYST
        self.signed_in = True

    async def __call__(self) -> Context:
        self.asked += 1
        if not self.signed_in or self.asked > self.lasts:
            raise Unauthenticated("Signed out.")
        return Context(workspace=ACME, actor=Actor(ActorKind.USER, str(ANN)), role=self.role, principal=ANN)


def following(log: Any, patience: float = 1.0) -> Live:
    return Live(Queries(log), log, patience)


async def take(feed: AsyncGenerator[Any], count: int) -> list[Any]:
    return [await anext(feed) for _ in range(count)]


async def test_each_event_comes_with_the_thing_before_and_after_it() -> None:
    log = Log(renames=1)
    async with aclosing(following(log).events(Speaker(), Brand, BRAND)) as feed:
        made, renamed = await take(feed, 2)
    assert (made.before, made.after.name) == (None, "Alpina")
    assert (renamed.before.name, renamed.after.name) == ("Alpina", "Alpina 0")


async def test_behind_a_position_the_thing_is_as_it_stood_there() -> None:
    log = Log(renames=5)
    async with aclosing(following(log).events(Speaker(), Brand, BRAND, after=9)) as feed:
        (happened,) = await take(feed, 1)
    assert (happened.recorded.position, happened.before.name, happened.after.name) == (10, "Alpina 2", "Alpina 3")


@given(st.integers(0, 8), st.lists(st.integers(0, 5), max_size=6), st.integers(1, 4), st.integers(0, 20))
def test_each_event_comes_once_however_reading_and_writing_interleave(
    already: int, bursts: list[int], page: int, after: int
) -> None:
    async def follows() -> None:
        log = Log(already)
        total = 1 + already + sum(bursts)
        missed = min(after // 2, total)
        feed = following(log).events(Speaker(), Brand, BRAND, after)
        reading = asyncio.create_task(take(feed, total - missed))
        for number, burst in enumerate(bursts):
            for _ in range(number):
                await asyncio.sleep(0)
            for _ in range(burst):
                log.renamed(len(log.events))
        async with asyncio.timeout(30):
            told = await reading
        await feed.aclose()
        assert [happened.recorded.position for happened in told] == [2 * n for n in range(missed + 1, total + 1)]
        assert log.watches == []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "PAGE", page)
        asyncio.run(follows())


@pytest.mark.parametrize("kind", [Campaign, Brand])
async def test_what_is_not_there_is_not_followed(kind: type[Any]) -> None:
    with pytest.raises(NotFound):
        await anext(following(Log()).events(Speaker(), kind, BRAND if kind is Campaign else uuid4()))


async def test_nothing_more_is_told_to_who_signed_out() -> None:
    log, speaker = Log(), Speaker()
    feed = following(log).events(speaker, Brand, BRAND)
    await anext(feed)
    speaker.signed_in = False
    log.renamed(1)
    with pytest.raises(Unauthenticated):
        await anext(feed)
    assert log.watches == []


@pytest.mark.parametrize("feed", ["events", "changes"])
async def test_nothing_more_is_told_to_who_may_no_longer(feed: str) -> None:
    log, speaker = Log(), Speaker()
    made: Any = following(log)
    telling = made.events(speaker, Brand, BRAND) if feed == "events" else made.changes(speaker, "brands")
    await anext(telling)
    speaker.role = None
    log.renamed(1)
    with pytest.raises(Forbidden) as refused:
        await anext(telling)
    assert refused.value.permission in (Permission.HISTORY_READ, Permission.BRAND_READ)


async def test_who_takes_their_time_is_asked_again_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RECHECK_SECONDS", -1.0)
    log, speaker = Log(renames=5), Speaker()
    feed = following(log).events(speaker, Brand, BRAND)
    await anext(feed)
    speaker.signed_in = False
    with pytest.raises(Unauthenticated):
        await anext(feed)


async def test_while_nothing_happens_the_credential_is_asked_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0.01)
    feed = following(Log()).events(Speaker(lasts=5), Brand, BRAND)
    await anext(feed)
    with pytest.raises(Unauthenticated):
        await anext(feed)


async def test_of_what_changed_meanwhile_only_the_last_is_told() -> None:
    log = Log()
    feed = following(log).changes(Speaker(), "brands")
    assert (await anext(feed)).position == 2
    for number in range(10):
        log.renamed(number)
    assert (await anext(feed)).position == 22
    waiting = asyncio.ensure_future(anext(feed))
    log.wakes()
    await asyncio.sleep(0.01)
    assert not waiting.done()
    log.renamed(11)
    assert (await waiting).position == 24
    await feed.aclose()
    assert log.watches == []


async def test_what_is_restless_is_told_again_though_nothing_changed() -> None:
    feed = following(Log()).changes(Speaker(), "brands", restless=lambda: 0.0)
    assert [shown.position for shown in await take(feed, 3)] == [2, 2, 2]


def test_an_ad_set_that_was_removed_is_told_by_its_name() -> None:
    history = [*stories.ready_campaign(google="600 EUR")]
    before = fold(history)
    (ad_set, *_) = before.ad_sets
    removed = AdSetRemoved(ad_set.id)
    happened = Happened(recorded(removed, 9, 9), before, removed.evolve(before))
    event = told(CampaignEvent, happened, names_of(happened), campaign=None)
    assert ad_set.name in event.entry.text
