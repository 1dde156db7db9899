"""The cache of streams keeps to its bounds."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from umt.adapters.postgres.stream_cache import Known, StreamCache
from umt.domain.brand import BrandCreated, Industry


def known(weight: int) -> Known:
    return Known(BrandCreated("Known", Industry("Trade"), "").evolve(None), 1, weight)


def test_what_is_dropped_replaced_or_cleared_weighs_nothing_any_more() -> None:
    cache, workspace = StreamCache(most_bytes=100), uuid4()
    first, second = (workspace, uuid4()), (workspace, uuid4())
    ways: list[Callable[[], None]] = [
        lambda: cache.drop(first),
        lambda: cache.clear(workspace),
        lambda: cache.put(first, known(1)),
    ]
    for forget in ways:
        cache.put(first, known(90))
        forget()
        cache.put(second, known(90))
        assert cache.get(second)
        cache.drop(second)
        cache.drop(first)
    cache.put(first, known(90))
    cache.put(second, known(90))
    assert cache.get(first) is None
    assert cache.get(second)
