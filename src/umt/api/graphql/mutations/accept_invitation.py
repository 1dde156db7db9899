"""`acceptInvitation`."""

from __future__ import annotations

from typing import Annotated

import strawberry

from umt.api.graphql.fields import mutation
from umt.api.graphql.mutation import IdempotencyKey
from umt.api.graphql.request import Info
from umt.api.graphql.types.session import Session
from umt.api.idempotency import checked_key


@strawberry.input(description="What `acceptInvitation` takes.")
class AcceptInvitationInput:
    token: str = strawberry.field(description="The token that the person was given.")
    password: str = strawberry.field(
        description="The password of the invited address's account; of a new one 10 to 200 characters."
    )
    name: str | None = strawberry.field(description="The person's name; a new account needs one.", default=None)
    cookies: bool = strawberry.field(
        description="Whether the session is given by cookies instead of tokens.", default=False
    )


@mutation("Become a member by an invitation, and sign in: with the address's account, or a new one.")
async def accept_invitation(
    info: Info,
    input: Annotated[AcceptInvitationInput, strawberry.argument(description="Who accepts.")],
    idempotency_key: IdempotencyKey = None,
) -> Session | None:
    granted = await info.context.signing_in.accept_invitation(
        token=input.token,
        password=input.password,
        name=input.name,
        idempotency_key=checked_key(idempotency_key),
        cookies=input.cookies,
    )
    return Session.of(granted, info.context)
