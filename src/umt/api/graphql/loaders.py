"""What a request looks up many times is looked up together: one query for a list, not one for each of its nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
from strawberry.dataloader import DataLoader

from umt.api.graphql.seen import Seen
from umt.api.graphql.types.brand import Brand
from umt.application.queries import Row
from umt.domain import brand as domain
from umt.domain.errors import InvalidValue, NotFound
from umt.domain.invitation import Invitation
from umt.domain.platform import Platform

if TYPE_CHECKING:
    from umt.api.graphql.request import Request

MOST_ROWS: Final = 10_000
"""Most rows of figures that one list may have."""

LONGEST_RANGE: Final = 1100
"""Days from the first to the last one that can be asked for."""

_FIRST, _LAST = date.min.toordinal(), date.max.toordinal()


class Range(msgspec.Struct, frozen=True):
    """Which days of which platform."""

    since: date | None
    until: date | None
    platform: Platform | None


class Loaders:
    """The lookups of one request."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.brand: DataLoader[UUID, Brand] = DataLoader(self._brands)
        self.campaign_totals: DataLoader[UUID, list[Row]] = DataLoader(self._campaign_totals)
        self.content_performance: DataLoader[UUID, list[Row]] = DataLoader(self._content_performance)
        self.campaign_days: DataLoader[tuple[UUID, Range], list[Row]] = DataLoader(self._campaign_days)
        self.invited_address: DataLoader[UUID, str] = DataLoader(self._invited_addresses)

    async def _brands(self, ids: list[UUID]) -> Sequence[Brand | NotFound]:
        """From the read model; a brand that is newer than it, from the log."""
        queries, caller = self._request.services.queries, await self._request.caller()
        rows = await queries.many(
            caller,
            "brands",
            where={"brand": ids},
            order=("brand",),
            limit=len(ids),
            at_least=self._request.at_least,
        )
        found = {row["brand"]: Brand.of_row(row) for row in rows}
        for missing in set(ids) - found.keys():
            state, version = await queries.state(caller, domain.Brand, missing)
            if state:
                found[missing] = Brand.of(Seen(missing, state, version, None))
        return [found.get(i) or NotFound("brand", i) for i in ids]

    async def _invited_addresses(self, ids: list[UUID]) -> list[str | NotFound]:
        queries, caller = self._request.services.queries, await self._request.caller()
        known = await queries.states(caller, Invitation, ids)
        return [known[i][0].email.text if i in known else NotFound("invitation", i) for i in ids]

    async def _campaign_totals(self, ids: list[UUID]) -> list[list[Row]]:
        return await self._grouped("campaign_totals", "campaign", ids, ("campaign", "platform", "currency"))

    async def _content_performance(self, ids: list[UUID]) -> list[list[Row]]:
        return await self._grouped("content_performance", "content", ids, ("content", "currency"))

    async def _campaign_days(self, keys: list[tuple[UUID, Range]]) -> list[list[Row]]:
        by_range: dict[Range, list[UUID]] = defaultdict(list)
        for campaign, days in keys:
            by_range[days].append(campaign)
        found: dict[tuple[UUID, Range], list[Row]] = {}
        for days, campaigns in by_range.items():
            order = ("campaign", "day", "platform", "currency")
            rows = await self._grouped("campaign_performance", "campaign", campaigns, order, **_conditions(days))
            found |= {(campaign, days): each for campaign, each in zip(campaigns, rows, strict=True)}
        return [found[key] for key in keys]

    async def _grouped(
        self, view: str, column: str, ids: list[UUID], order: Sequence[str], **where: object
    ) -> list[list[Row]]:
        """Each id's rows, in the order."""
        rows = await self._request.services.queries.many(
            await self._request.caller(),
            view,
            where={column: ids, **where},
            order=order,
            limit=MOST_ROWS + 1,
            at_least=self._request.at_least,
        )
        if len(rows) > MOST_ROWS:
            raise InvalidValue("since", f"gives more than {MOST_ROWS} rows; ask for a shorter time or fewer campaigns")
        groups: dict[UUID, list[Row]] = defaultdict(list)
        for row in rows:
            groups[row[column]].append(row)
        return [groups[i] for i in ids]


def _conditions(days: Range) -> dict[str, object]:
    conditions: dict[str, object] = {}
    if days.platform:
        conditions["platform"] = days.platform.value
    if days.since or days.until:
        last = days.until.toordinal() if days.until else _LAST
        first = days.since.toordinal() if days.since else last - LONGEST_RANGE
        if days.until is None:
            last = first + LONGEST_RANGE
        if last - first > LONGEST_RANGE:
            raise InvalidValue("until", f"may be at most {LONGEST_RANGE} days after `since`")
        conditions["day"] = [date.fromordinal(day) for day in range(max(first, _FIRST), min(last, _LAST) + 1)]
    return conditions
