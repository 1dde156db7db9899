"""When contents are published."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Final

import strawberry

from umt.api.graphql import things
from umt.api.graphql.fields import field
from umt.api.graphql.pages import AtLeast
from umt.api.graphql.request import Info
from umt.api.graphql.types.calendar import CalendarEntry
from umt.api.graphql.types.content import contents_by_id
from umt.domain.errors import InvalidValue

LONGEST: Final = timedelta(days=366)
EARLIEST, LATEST = date(1970, 1, 1), date(9000, 1, 1)
MOST_ENTRIES: Final = 1000


@field(
    "What was published on these days and what is scheduled for them, in the order of time. Days are those of the "
    "workspace's time zone; what is archived and not published is left out."
)
async def calendar(
    info: Info,
    since: Annotated[date, strawberry.argument(description="The first day.")],
    until: Annotated[date, strawberry.argument(description="The last day, included: at most a year later.")],
    at_least: AtLeast = None,
) -> list[CalendarEntry]:
    request = info.context
    position = request.wants(at_least)
    if not (EARLIEST <= since <= until <= LATEST and until - since <= LONGEST):
        raise InvalidValue("until", f"must be at most {LONGEST.days} days after `since`, and not before it")
    request.charge()
    rows = await request.services.queries.calendar(
        await request.caller(), since, until, limit=MOST_ENTRIES + 1, at_least=position
    )
    if len(rows) > MOST_ENTRIES:
        raise InvalidValue("until", f"gives more than {MOST_ENTRIES} publications; ask for fewer days")
    contents = await things.each(request, contents_by_id, [row["content"] for row in rows])
    entries = (CalendarEntry.of_row(row, content) for row, content in zip(rows, contents, strict=True))
    return [entry for entry in entries if entry is not None]


FIELDS = (calendar,)
