"""A count is given again for as long as it must be the same, and counted when that is not sure."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID, uuid4

import pytest

from umt.adapters.postgres.counts import MOST_COUNTS, Counts
from umt.application.pulse import Shown

SETTLED = Shown(position=7, changed=5, epoch=1)
WORKSPACE = uuid4()


class Lists:
    """Lists that are counted, and what is known of the view that they are of."""

    def __init__(self) -> None:
        self.counted, self.shown = 0, SETTLED
        self.kept = Counts(lambda workspace, views: self._now(workspace, views))

    def _now(self, workspace: UUID, views: Collection[str]) -> Shown | None:
        assert tuple(views) == ("campaigns",)
        return self.shown

    async def _count(self) -> int:
        self.counted += 1
        return 40 + self.counted

    async def of(self, workspace: UUID = WORKSPACE, **where: object) -> int:
        return await self.kept.of(workspace, "campaigns", where, self._count)


@pytest.fixture
def lists() -> Lists:
    return Lists()


async def test_it_is_counted_once_while_nothing_changes(lists: Lists) -> None:
    assert [await lists.of(status=["live"]) for _ in range(3)] == [41, 41, 41]


async def test_each_list_has_its_own(lists: Lists) -> None:
    found = [
        await lists.of(status=["live"]),
        await lists.of(status=["draft"]),
        await lists.of(),
        await lists.of(uuid4()),
    ]
    assert found == [41, 42, 43, 44]


@pytest.mark.parametrize("shown", [Shown(9, 8, 1), Shown(7, 5, 2), Shown(4, 5, 1), None])
async def test_what_may_have_changed_is_counted_again(lists: Lists, shown: Shown | None) -> None:
    await lists.of()
    lists.shown = shown  # type: ignore[assignment]
    assert await lists.of() == 42


async def test_what_is_not_sure_is_not_kept(lists: Lists) -> None:
    lists.shown = Shown(position=4, changed=5, epoch=1)
    assert [await lists.of(), await lists.of()] == [41, 42]


async def test_a_change_while_it_is_counted_is_not_overlooked(lists: Lists) -> None:
    async def count() -> int:
        lists.shown = Shown(position=9, changed=9, epoch=1)
        return 1

    assert await lists.kept.of(WORKSPACE, "campaigns", {}, count) == 1
    assert await lists.of() == 41


async def test_their_number_is_bounded(lists: Lists) -> None:
    for number in range(MOST_COUNTS + 1):
        await lists.of(number=number)
    before = lists.counted
    assert await lists.of(number=1) == 42
    await lists.of(number=0)
    assert lists.counted == before + 1
