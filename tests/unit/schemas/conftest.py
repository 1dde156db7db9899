"""Event types planted for a test, and taken back after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, cast

import msgspec
import pytest

from umt.domain.event import EVENT_TYPES, Event

Plant: TypeAlias = Callable[..., type[Event]]


@pytest.fixture
def plant() -> Iterator[Plant]:
    """Make an event type ``planted.changed`` of fields like ``("name", str)`` or ``("name", str, "default")``."""
    before = dict(EVENT_TYPES)

    def make(*fields: Any, version: int = 1, doc: str = "Something changed.") -> type[Event]:
        namespace = {"type_name": "planted.changed", "schema_version": version, "__doc__": doc}
        made = msgspec.defstruct("Changed", fields, bases=(Event,), frozen=True, namespace=namespace)
        return cast(type[Event], made)

    yield make
    EVENT_TYPES.clear()
    EVENT_TYPES.update(before)
