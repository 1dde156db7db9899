"""Counting requests in a window that slides: what is allowed, when there is more, and in bounded memory."""

from __future__ import annotations

import math

import pytest

from umt.adapters.rate_limits import CountedRequests, WindowMemory
from umt.application.rate_limits import Standing


class Clock:
    def __init__(self) -> None:
        self.now = 60_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def requests(clock: Clock) -> CountedRequests:
    return CountedRequests(10, memory=WindowMemory(most_keys=50, now=clock))


async def made(requests: CountedRequests, count: int, address: str = "192.0.2.1") -> list[Standing]:
    return [await requests.of_address(address) for _ in range(count)]


async def test_as_many_as_the_quota_are_allowed_in_a_minute(requests: CountedRequests) -> None:
    standings = await made(requests, 12)
    assert [each.allowed for each in standings] == [True] * 10 + [False] * 2
    assert [each.remaining for each in standings] == [*range(9, -1, -1), 0, 0]
    assert {(each.policy, each.quota) for each in standings} == {("default", 10)}


@pytest.mark.parametrize("begun", [0.5, 1.0, 30.5, 59.9])
@pytest.mark.parametrize("before", [0, 3, 10])
async def test_who_is_refused_is_told_when_to_come_back(
    requests: CountedRequests, clock: Clock, begun: float, before: int
) -> None:
    await made(requests, before)
    clock.now += 60 + begun
    refused = next(each for each in await made(requests, 12) if not each.allowed)
    clock.now += refused.reset - 0.01
    assert not (await requests.of_address("192.0.2.1")).allowed
    clock.now += 0.02
    assert (await requests.of_address("192.0.2.1")).allowed
    assert 0 < math.ceil(refused.reset) <= 61


async def test_no_minute_has_more_than_the_quota_when_requests_are_spread(
    requests: CountedRequests, clock: Clock
) -> None:
    accepted = []
    for _ in range(600):
        clock.now += 0.5
        if (await requests.of_address("192.0.2.1")).allowed:
            accepted.append(clock.now)
    busiest = max(sum(start <= moment < start + 60 for moment in accepted) for start in accepted)
    assert 8 <= busiest <= 12  # the window before counts as if it had been spread evenly


async def test_a_pause_of_two_minutes_forgets(requests: CountedRequests, clock: Clock) -> None:
    await made(requests, 10)
    clock.now += 120
    assert (await requests.of_address("192.0.2.1")).remaining == 9


async def test_callers_are_counted_apart_and_actors_beside_their_address(requests: CountedRequests) -> None:
    await made(requests, 10)
    assert (await requests.of_address("192.0.2.2")).allowed
    assert (await requests.of_actor("user:a")).remaining == 9
    assert (await requests.of_actor("api_key:a")).remaining == 9
    assert (await requests.of_probe("192.0.2.1")).quota == 600


async def test_a_flood_of_addresses_takes_bounded_memory(clock: Clock) -> None:
    memory = WindowMemory(most_keys=50, now=clock)
    requests = CountedRequests(10, memory=memory)
    for number in range(200):
        await requests.of_address(f"198.51.100.{number}")
    assert len(memory._current) == 50
    clock.now += 60
    await requests.of_address("192.0.2.1")
    assert (len(memory._previous), len(memory._current)) == (50, 1)
