"""States of streams that the writer has read or written lately, so that a command need not read them again.

What is here may be stale: another process may have appended. So whatever is accepted on such a state is checked by
`umt.append`, and whatever is refused on one is decided again on what the log holds.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from umt.domain.event import Aggregate
from umt.domain.personal import Personal

Key = tuple[UUID, UUID]
"""(workspace, stream): a stream is known in its own workspace only."""


class Known(NamedTuple):
    """A stream's state at a version. ``weight`` is the size of the events behind it in bytes; ``snapshot`` the version
    of its newest snapshot, 0 without one."""

    state: Any
    version: int
    weight: int = 0
    snapshot: int = 0


ABSENT = Known(None, 0)


class StreamCache:
    """The streams used last, bounded in number and in the bytes of the events behind them.

    States with personal fields are not kept, so that erasing a person leaves nothing here.
    """

    def __init__(self, most_streams: int = 10_000, most_bytes: int = 64 << 20) -> None:
        self._most_streams, self._most_bytes = most_streams, most_bytes
        self._known: OrderedDict[Key, Known] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: Key) -> Known | None:
        """What is known of the stream."""
        with self._lock:
            if (known := self._known.get(key)) is not None:
                self._known.move_to_end(key)
            return known

    def put(self, key: Key, known: Known) -> None:
        """Keep a committed state, in the place of an older one; also that there is nothing."""
        if known.state is not None and holds_personal(type(known.state)):
            return
        with self._lock:
            if (before := self._known.pop(key, None)) is not None:
                self._weight -= before.weight
            self._known[key] = known
            self._weight += known.weight
            while len(self._known) > self._most_streams or self._weight > self._most_bytes:
                _, dropped = self._known.popitem(last=False)
                self._weight -= dropped.weight

    def drop(self, key: Key) -> None:
        """Forget a stream."""
        with self._lock:
            if (known := self._known.pop(key, None)) is not None:
                self._weight -= known.weight

    def clear(self, workspace: UUID | None = None) -> None:
        """Forget a workspace's streams, or all."""
        with self._lock:
            for key in [key for key in self._known if workspace in (None, key[0])]:
                self._weight -= self._known.pop(key).weight


_HOLDS_PERSONAL: dict[type[Aggregate], bool] = {}


def holds_personal(kind: type[Aggregate]) -> bool:
    """Whether a state of the kind can hold a person's data."""
    known = _HOLDS_PERSONAL.get(kind)
    if known is None:
        known = _HOLDS_PERSONAL[kind] = _mentions_personal(msgspec.inspect.type_info(kind), set())
    return known


def _mentions_personal(info: Any, seen: set[type]) -> bool:
    if isinstance(info, msgspec.inspect.CustomType):
        return info.cls is Personal
    if isinstance(info, msgspec.inspect.StructType):
        if info.cls in seen:
            return False
        seen.add(info.cls)
    children = [getattr(info, name) for name in info.__struct_fields__]
    return any(_mentions_personal(child, seen) for value in children for child in _types_in(value))


def _types_in(value: Any) -> list[Any]:
    if isinstance(value, msgspec.inspect.Type):
        return [value]
    if isinstance(value, msgspec.inspect.Field):
        return [value.type]
    return [each for item in value for each in _types_in(item)] if isinstance(value, tuple) else []
