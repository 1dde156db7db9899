"""Who waits for events is woken at once by what concerns them, and by all else one after the other, a moment later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
from tests.integration.people import Person

from umt.adapters.postgres.source import LogSignal
from umt.application.commands.brand import CreateBrand
from umt.bootstrap import System
from umt.domain.brand import Industry

OTHERS = 30
LONG = 30.0


@pytest.fixture
def signal(wired: System, pat: Person) -> Iterator[LogSignal]:
    signal = LogSignal(wired.url)
    signal.wait(0, LONG)  # it listens
    yield signal
    signal.close()


def happens(pat: Person) -> None:
    pat.makes(CreateBrand(name=f"Brand {time.monotonic_ns()}", industry=Industry("Trade")))


def test_whom_it_concerns_is_woken_first_and_nobody_is_forgotten(wired: System, pat: Person, signal: LogSignal) -> None:
    head = wired.source.head()
    with ThreadPoolExecutor(OTHERS + 1) as threads:
        others = [threads.submit(signal.wait, head, LONG, ("user.erased",)) for _ in range(OTHERS)]
        concerned = threads.submit(signal.wait, head, LONG, ("user.erased", "brand.created"))
        time.sleep(0.1)
        happens(pat)
        first, *_ = as_completed([concerned, *others])
        assert first is concerned
        assert concerned.result()
        assert all(each.result(LONG) for each in others)


def test_who_comes_to_wait_later_is_woken_by_what_has_happened(wired: System, pat: Person, signal: LogSignal) -> None:
    head = wired.source.head()
    happens(pat)
    assert signal.wait(wired.source.head() - 1, LONG)  # it has heard
    time.sleep(0.3)  # and has nobody left to wake
    began = time.monotonic()
    assert signal.wait(head, LONG, ("user.erased",))
    assert time.monotonic() - began < LONG / 2


def test_nothing_that_is_new_wakes_nobody(wired: System, pat: Person, signal: LogSignal) -> None:
    happens(pat)
    assert not signal.wait(wired.source.head(), 0.3)
