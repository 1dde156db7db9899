"""`replaceCredential`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import IntegrationPayload
from umt.application.commands.integration import ReplaceCredential
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `replaceCredential` takes.")
class ReplaceCredentialInput:
    integration: UUID = strawberry.field(description="The connection.")
    credential: str = strawberry.field(
        description="The new token, or user:password for a CMS; it goes to the vault and is never shown."
    )


replace_credential = changes(ReplaceCredential, ReplaceCredentialInput, IntegrationPayload, NotFound, WrongStatus)
