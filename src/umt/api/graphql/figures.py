"""Figures of campaigns and contents, looked up for many of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec

from umt.api.graphql.request import Request
from umt.application.lists import Between
from umt.application.queries import Row
from umt.domain.errors import InvalidValue
from umt.domain.platform import Platform

MOST_ROWS: Final = 10_000
"""Most rows of figures that one list may have."""

LONGEST_RANGE: Final = timedelta(days=1100)
"""From the first to the last day that can be asked for."""


class Range(msgspec.Struct, frozen=True):
    """Which days of which platform."""

    since: date | None
    until: date | None
    platform: Platform | None


async def campaign_totals(request: Request, ids: list[UUID], at: int | None) -> Sequence[list[Row]]:
    """Each campaign's figures over all time, by platform and currency."""
    return await _grouped(request, "campaign_totals", "campaign", ids, ("campaign", "platform", "currency"), at)


async def content_performance(request: Request, ids: list[UUID], at: int | None) -> Sequence[list[Row]]:
    """The figures of the ads that show each content, over all time, by currency."""
    return await _grouped(request, "content_performance", "content", ids, ("content", "currency"), at)


async def campaign_days(request: Request, ids: list[UUID], days: Range, at: int | None) -> Sequence[list[Row]]:
    """Each campaign's figures by day, platform and currency."""
    order = ("campaign", "day", "platform", "currency")
    return await _grouped(request, "campaign_performance", "campaign", ids, order, at, **_conditions(days))


async def _grouped(
    request: Request,
    view: str,
    column: str,
    ids: list[UUID],
    order: Sequence[str],
    at: int | None,
    **where: object,
) -> list[list[Row]]:
    """Each id's rows, in the order; as they were known at a position."""
    queries, caller, given = request.services.queries, await request.caller(), {column: ids, **where}
    if at is None:
        rows = await queries.many(
            caller, view, where=given, order=order, limit=MOST_ROWS + 1, at_least=request.at_least
        )
    else:
        rows = await queries.past.figures(caller, view, where=given, order=order, limit=MOST_ROWS + 1, position=at)
    if len(rows) > MOST_ROWS:
        raise InvalidValue("since", f"gives more than {MOST_ROWS} rows; ask for a shorter time or fewer campaigns")
    groups: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return [groups[each] for each in ids]


def _conditions(days: Range) -> dict[str, object]:
    conditions: dict[str, object] = {}
    if days.platform:
        conditions["platform"] = days.platform.value
    if days.since or days.until:
        since = days.since or _moved(days.until or date.max, -LONGEST_RANGE)
        until = days.until or _moved(since, LONGEST_RANGE)
        if until - since > LONGEST_RANGE:
            raise InvalidValue("until", f"may be at most {LONGEST_RANGE.days} days after `since`")
        conditions["day"] = Between(since, until)
    return conditions


def _moved(day: date, by: timedelta) -> date:
    """The day so much later or earlier, or the last or first one that there is."""
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta() else date.min
