"""Requests that overlap are one race, of which one asks; one that begins when all are answered is none."""

from __future__ import annotations

import asyncio

import pytest

from umt.application.identity import Refresh, Refreshed
from umt.application.identity.races import Races


class Asked:
    """The database, which answers when it is let."""

    def __init__(self, outcome: Refresh) -> None:
        self.times = 0
        self.let = asyncio.Event()
        self._outcome = outcome

    async def __call__(self) -> Refreshed:
        self.times += 1
        await self.let.wait()
        return Refreshed(self._outcome)


async def refresh(races: Races, asked: Asked, token: bytes = b"token") -> Refresh:
    with races.joined(token) as race:
        return (await race.run(asked)).outcome


@pytest.mark.parametrize(
    ("first", "others"),
    [
        (Refresh.REFRESHED, Refresh.RACED),
        (Refresh.RACED, Refresh.RACED),
        (Refresh.REUSED, Refresh.REFUSED),
        (Refresh.REFUSED, Refresh.REFUSED),
    ],
)
async def test_one_asks_and_the_others_share_what_it_heard(first: Refresh, others: Refresh) -> None:
    races, asked = Races(), Asked(first)
    running = [asyncio.create_task(refresh(races, asked)) for _ in range(5)]
    await asyncio.sleep(0)
    other = asyncio.create_task(refresh(races, asked, b"another token"))
    await asyncio.sleep(0)
    assert asked.times == 2
    asked.let.set()
    assert await asyncio.gather(*running) == [first] + [others] * 4
    assert await other is first
    assert await refresh(races, asked) is first, "that race is over"
    assert asked.times == 3
    assert not races._on


async def test_one_that_is_broken_off_leaves_the_asking_to_the_next() -> None:
    races, asked = Races(), Asked(Refresh.RACED)
    first, second = (asyncio.create_task(refresh(races, asked)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    asked.let.set()
    assert await second is Refresh.RACED
    assert asked.times == 2
    assert not races._on


async def test_a_flood_does_not_keep_a_race_on() -> None:
    """However many overlap: who comes once the outcome is known asks for themselves, and so is found out."""
    races, first, later = Races(), Asked(Refresh.REFRESHED), Asked(Refresh.REUSED)
    flood = races.joined(b"token")
    first.let.set()
    later.let.set()
    with flood:
        assert await refresh(races, first) is Refresh.REFRESHED
        assert await refresh(races, later) is Refresh.REUSED
        assert (first.times, later.times) == (1, 1)
    assert not races._on


async def test_a_race_lasts_a_second_at_most() -> None:
    now = 0.0
    races = Races(lambda: now)
    with races.joined(b"token") as first:
        now = 0.9
        with races.joined(b"token") as second:
            assert second is first
            now = 1.1
            with races.joined(b"token") as third:
                assert third is not first
                assert third.lasted() == 0.0
        with races.joined(b"token") as fourth:
            assert fourth is not first
    assert not races._on


async def test_a_race_lasts_from_its_first_request() -> None:
    now = 0.0
    races = Races(lambda: now)
    with races.joined(b"token") as first:
        now = 0.5
        with races.joined(b"token") as second:
            now = 0.75
            assert second is first
            assert second.lasted() == 0.75
    with races.joined(b"token") as fresh:
        assert fresh.lasted() == 0.0
