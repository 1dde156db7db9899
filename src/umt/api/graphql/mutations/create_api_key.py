"""`createApiKey`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.fields import mutation
from umt.api.graphql.mutation import IdempotencyKey, carry_out
from umt.api.graphql.payloads import CreateApiKeyPayload
from umt.api.graphql.request import Info
from umt.application.commands.api_keys import SHOWN_CHARACTERS, CreateApiKey
from umt.application.identity.api_keys import API_KEY_PREFIX
from umt.application.opaque_tokens import digest, fresh


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


@mutation("Make an API key. The answer holds the key itself, shown once: only its hash is kept.")
async def create_api_key(
    info: Info,
    input: Annotated[CreateApiKeyInput, strawberry.argument(description="What is asked for.")],
    idempotency_key: IdempotencyKey = None,
) -> CreateApiKeyPayload:
    key = fresh(API_KEY_PREFIX)
    answer: CreateApiKeyPayload = await carry_out(
        info.context,
        CreateApiKey,
        input,
        CreateApiKeyPayload,
        idempotency_key,
        key_hash=digest(key.reveal()),
        prefix=key.reveal()[:SHOWN_CHARACTERS],
    )
    answer.key = None if answer.repeated else key.reveal()
    return answer
