"""`createApiKey`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import Secret, makes
from umt.api.graphql.payloads import ApiKeyPayload
from umt.application.commands.api_keys import SHOWN_CHARACTERS, CreateApiKey
from umt.application.identity.api_keys import API_KEY_PREFIX
from umt.application.opaque_tokens import digest, fresh
from umt.domain.errors import NotFound


@strawberry.input(description="What `createApiKey` takes.")
class CreateApiKeyInput:
    name: str = strawberry.field(description="What it is called; not after a person, since no erasure takes it away.")
    scopes: list[str] = strawberry.field(
        description="The permissions that it may use of its holder's, e.g. campaign:read; the query `permissions` lists them."
    )
    expires_in_days: int = strawberry.field(description="How long it can be used: 1 to 366 days.", default=90)
    holder: UUID | None = strawberry.field(
        description="The service account that it is for; null is yourself.", default=None
    )


@strawberry.type
class NewApiKey(ApiKeyPayload):
    key: str | None = strawberry.field(
        description="The key itself, to be sent as `Authorization: Bearer …`, shown once: null when the command is"
        " repeated, since only its hash is kept.",
        default=None,
    )


def _key() -> Secret:
    key = fresh(API_KEY_PREFIX).reveal()
    return Secret(given={"key_hash": digest(key), "prefix": key[:SHOWN_CHARACTERS]}, shown={"key": key})


create_api_key = makes(
    CreateApiKey,
    CreateApiKeyInput,
    NewApiKey,
    NotFound,
    secret=_key,
    description="Make an API key. The answer holds the key itself, shown once: only its hash is kept.",
)
