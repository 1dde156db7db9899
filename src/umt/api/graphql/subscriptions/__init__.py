"""What can be followed: one file per context."""

from __future__ import annotations

from strawberry.tools import create_type

from umt.api.graphql.subscriptions import agents, brands, campaigns, contents

Subscription = create_type(
    "Subscription",
    [*brands.FIELDS, *contents.FIELDS, *campaigns.FIELDS, *agents.FIELDS],
    description="What can be followed, over graphql-transport-ws or as server-sent events. Everything here needs a bearer"
    " token, or the cookies of a session, and ends when that does.",
)
