"""`eraseSubject`."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

import strawberry
from msgspec.structs import replace

from umt.api import positions
from umt.api.graphql.fields import mutation
from umt.api.graphql.mutation import IdempotencyKey
from umt.api.graphql.payloads import Payload
from umt.api.graphql.request import Info
from umt.api.graphql.types.privacy import Erasure
from umt.api.idempotency import checked_key


@strawberry.input(description="What `eraseSubject` takes.")
class EraseSubjectInput:
    user: UUID = strawberry.field(description="The person: a user of the workspace, a member or not any more.")


@strawberry.type(description="The erasure as it stands; `erasures` tells when it is complete.")
class ErasurePayload(Payload):
    erasure: Erasure = strawberry.field(description="The erasure; the earlier one of a person who was erased already.")


@mutation(
    "Erase a person for good: nobody reads their name and address any more, in whatever event they are. Their sessions, "
    "API keys and open invitations end, and they are no member any more. It cannot be taken back."
)
async def erase_subject(
    info: Info,
    input: Annotated[EraseSubjectInput, strawberry.argument(description="Who.")],
    idempotency_key: IdempotencyKey = None,
) -> ErasurePayload:
    request = info.context
    context = replace(await request.caller(), command_id=checked_key(idempotency_key))
    done = await asyncio.to_thread(request.services.erasing.erase, input.user, context)
    request.forget()
    return ErasurePayload(
        erasure=Erasure.of(done.erasure),
        position=positions.encode(done.outcome.position),
        repeated=done.outcome.repeated,
    )
