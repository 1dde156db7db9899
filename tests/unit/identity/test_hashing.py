"""Hashing by turns: a flood from one place is cut off and keeps nobody else waiting."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from umt.application.errors import Throttled
from umt.application.identity import Hashing
from umt.application.identity.hashing import MOST, MOST_OF_A_PLACE


class OneAtATime:
    """Passwords that are hashed one after the other, in the order in which they come."""

    def __init__(self) -> None:
        self.hashed: list[str] = []
        self._turn = asyncio.Lock()

    async def hash(self, password: str) -> str:
        async with self._turn:
            await asyncio.sleep(0)
            self.hashed.append(password)
        return password

    async def verify(self, hashed: str, password: str) -> bool:
        return await self.hash(password) == hashed

    def outdated(self, hashed: str) -> bool:
        return False


async def ask(hashing: Hashing, password: str, address: str | None) -> bool:
    """Whether it was let in."""
    try:
        with hashing.queued(address) as passwords:
            await passwords.hash(password)
    except Throttled:
        return False
    return True


@pytest.mark.parametrize("address", ["198.51.100.1", None])
async def test_a_flood_from_one_place_is_cut_off_and_another_place_is_next(address: str | None) -> None:
    passwords = OneAtATime()
    hashing = Hashing(passwords)
    flood = [asyncio.create_task(ask(hashing, "flood", address)) for _ in range(100)]
    await asyncio.sleep(0)
    elsewhere = asyncio.create_task(ask(hashing, "elsewhere", "203.0.113.7"))
    assert sum(await asyncio.gather(*flood)) == MOST_OF_A_PLACE
    assert await elsewhere
    assert passwords.hashed.index("elsewhere") <= 3
    assert len(passwords.hashed) == MOST_OF_A_PLACE + 1
    assert await ask(hashing, "later", address), "the flood is over"


async def test_who_is_cut_off_is_told_when_to_come_back() -> None:
    hashing = Hashing(OneAtATime())
    with ExitStack() as held:
        for _ in range(MOST_OF_A_PLACE):
            held.enter_context(hashing.queued("198.51.100.1"))
        with pytest.raises(Throttled) as refused, hashing.queued("198.51.100.1"):
            pass
    assert refused.value.retry_after == 1


async def test_a_network_of_ipv6_is_one_place() -> None:
    hashing = Hashing(OneAtATime())
    flood = [ask(hashing, "flood", f"2001:db8::{number:x}") for number in range(MOST_OF_A_PLACE + 5)]
    assert sum(await asyncio.gather(*flood)) == MOST_OF_A_PLACE


async def test_all_places_together_are_bounded() -> None:
    hashing = Hashing(OneAtATime())
    flood = [ask(hashing, "flood", f"198.{number // 256}.{number % 256}.1") for number in range(MOST + 5)]
    assert sum(await asyncio.gather(*flood)) == MOST


async def test_what_is_broken_off_leaves_its_place() -> None:
    hashing = Hashing(OneAtATime())
    for _ in range(3):
        flood = [asyncio.create_task(ask(hashing, "flood", "198.51.100.1")) for _ in range(MOST_OF_A_PLACE)]
        await asyncio.sleep(0)
        for each in flood:
            each.cancel()
        await asyncio.gather(*flood, return_exceptions=True)
    assert await ask(hashing, "later", "198.51.100.1")
    assert not hashing._queues
