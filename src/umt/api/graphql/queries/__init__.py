"""What can be asked: one file per context."""

from __future__ import annotations

from strawberry.tools import create_type

from umt.api.graphql.queries import agents, brands, campaigns, contents, identity, integrations, system

Query = create_type(
    "Query",
    [
        *identity.FIELDS,
        *brands.FIELDS,
        *contents.FIELDS,
        *campaigns.FIELDS,
        *integrations.FIELDS,
        *agents.FIELDS,
        *system.FIELDS,
    ],
    description="What can be asked. Everything here needs a bearer token.",
)
