"""What auditors ask of the workspace's gates."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final

import strawberry

from umt.api.graphql.enums import SecurityEventKind
from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, Before, Connection, First, Last
from umt.api.graphql.request import Info
from umt.api.graphql.types import security
from umt.api.graphql.types.security import SecurityEvent
from umt.application.security_events import Wanted
from umt.domain.errors import InvalidValue

_ACTOR: Final = re.compile(r"(user|api_key|agent|system):[\w.-]{1,100}", re.ASCII)

Kind = Annotated[SecurityEventKind | None, strawberry.argument(description="Only this kind.")]
Who = Annotated[str | None, strawberry.argument(description="Only of this actor, as `user:<id>` or `api_key:<id>`.")]
Since = Annotated[datetime | None, strawberry.argument(description="Only what first happened then or later.")]
Until = Annotated[datetime | None, strawberry.argument(description="Only what first happened before then.")]


@field("What happened at the workspace's gates: sign-ins, refusals, use of keys; newest first.")
async def security_events(
    info: Info,
    kind: Kind = None,
    actor: Who = None,
    since: Since = None,
    until: Until = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[SecurityEvent]:
    if actor is not None and not _ACTOR.fullmatch(actor):
        raise InvalidValue("actor", "is written like user:2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d")
    wanted = Wanted(kind=kind, actor=actor, since=since, until=until)
    return await security.security_events(info.context, wanted, Asked(first, after, last, before))


FIELDS = (security_events,)
