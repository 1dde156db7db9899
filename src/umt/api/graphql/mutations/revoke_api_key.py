"""`revokeApiKey`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import ApiKeyPayload
from umt.application.commands.api_keys import RevokeApiKey
from umt.domain.errors import NotFound


@strawberry.input(description="What `revokeApiKey` takes.")
class RevokeApiKeyInput:
    key: UUID = strawberry.field(description="The key's id.")
    reason: str = strawberry.field(
        description="Why, with no personal data, since no erasure takes it away.", default=""
    )


revoke_api_key = changes(RevokeApiKey, RevokeApiKeyInput, ApiKeyPayload, NotFound)
