"""What can be asked: one file per context."""

from __future__ import annotations

from strawberry.tools import create_type

from umt.api.graphql.queries import (
    access,
    agents,
    brands,
    calendar,
    campaigns,
    contents,
    identity,
    integrations,
    nodes,
    privacy,
    security,
    sessions,
    system,
    templates,
)

Query = create_type(
    "Query",
    [
        *nodes.FIELDS,
        *identity.FIELDS,
        *sessions.FIELDS,
        *access.FIELDS,
        *brands.FIELDS,
        *contents.FIELDS,
        *calendar.FIELDS,
        *templates.FIELDS,
        *campaigns.FIELDS,
        *integrations.FIELDS,
        *agents.FIELDS,
        *security.FIELDS,
        *privacy.FIELDS,
        *system.FIELDS,
    ],
    description="What can be asked. Everything here needs a bearer token, or the cookies of a session.",
)
