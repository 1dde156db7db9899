"""What auditors ask of the workspace's gates."""

from __future__ import annotations

import re
from typing import Annotated, Final

from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, Before, Connection, First, Last
from umt.api.graphql.request import Info
from umt.api.graphql.types import security
from umt.api.graphql.types.filters import WHICH, DateTimeRange, SecurityEventFilter
from umt.api.graphql.types.security import SecurityEvent
from umt.application.security_events import Wanted
from umt.domain.errors import InvalidValue

_ACTOR: Final = re.compile(r"(user|api_key|agent|system):[\w.-]{1,100}", re.ASCII)


@field("What happened at the workspace's gates: sign-ins, refusals, use of keys; newest first.")
async def security_events(
    info: Info,
    filter: Annotated[SecurityEventFilter | None, WHICH] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[SecurityEvent]:
    given = filter or SecurityEventFilter()
    if given.actor is not None and not _ACTOR.fullmatch(given.actor):
        raise InvalidValue("filter.actor", "is written like user:2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d")
    time = given.first_at or DateTimeRange()
    wanted = Wanted(kind=given.kind, actor=given.actor, since=time.since, until=time.until)
    return await security.security_events(info.context, wanted, Asked(first, after, last, before))


FIELDS = (security_events,)
