"""`connectIntegration`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.enums import Platform
from umt.api.graphql.mutation import makes
from umt.api.graphql.payloads import IntegrationPayload
from umt.api.graphql.scalars import Url
from umt.application.commands.integration import ConnectIntegration
from umt.domain.errors import NameTaken


@strawberry.input(description="What `connectIntegration` takes.")
class ConnectIntegrationInput:
    platform: Platform = strawberry.field(description="The platform.")
    account: str = strawberry.field(description="The account's id there.")
    credential: str = strawberry.field(
        description="The token, or user:password for a CMS; it goes to the vault and is never shown."
    )
    endpoint: Url | None = strawberry.field(description="The site's address, for a CMS.", default=None)


connect_integration = makes(ConnectIntegration, ConnectIntegrationInput, IntegrationPayload, NameTaken)
