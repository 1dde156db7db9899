"""How many rows lists have: counted once for as long as what they are of shows the same."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from umt.application.pulse import Shown

MOST_COUNTS: Final = 5_000
"""Counts that a process keeps."""

Asked = tuple[UUID, str, bytes]
"""A list: the digest stands for its conditions, which may be long and hold what somebody looked for."""


class _Kept(msgspec.Struct, frozen=True):
    number: int
    changed: int
    epoch: int


class Counts:
    """The counts of one process.

    Counting reads every row of a list, while a page of it reads a page: whoever turns the pages of a long list, or shows
    how many wait for somebody, asks for the same count again and again. It is kept until the view may show something else.
    """

    def __init__(self, shown: Callable[[UUID, Collection[str]], Shown | None]) -> None:
        self._shown = shown
        self._kept: OrderedDict[Asked, _Kept] = OrderedDict()

    async def of(
        self, workspace: UUID, view: str, where: Mapping[str, Any], count: Callable[[], Awaitable[int]]
    ) -> int:
        """The count that is known still to hold, or what counting it now gives."""
        asked = (workspace, view, hashlib.blake2b(repr(where).encode(), digest_size=16).digest())
        before, kept = self._shown(workspace, (view,)), self._kept.get(asked)
        sure = before is not None and before.settled
        if kept and before and sure and (kept.changed, kept.epoch) == (before.changed, before.epoch):
            self._kept.move_to_end(asked)
            return kept.number
        number = await count()
        if before and sure:
            self._kept[asked] = _Kept(number, before.changed, before.epoch)
            while len(self._kept) > MOST_COUNTS:
                self._kept.popitem(last=False)
        return number

    def forget(self) -> None:
        """Count everything again."""
        self._kept.clear()
