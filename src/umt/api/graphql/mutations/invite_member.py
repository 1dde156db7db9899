"""`inviteMember`."""

from __future__ import annotations

from typing import Annotated

import strawberry

from umt.api.graphql.enums import Role
from umt.api.graphql.fields import mutation
from umt.api.graphql.mutation import IdempotencyKey, carry_out
from umt.api.graphql.payloads import InviteMemberPayload
from umt.api.graphql.request import Info
from umt.application.commands.invitations import InviteMember
from umt.application.opaque_tokens import INVITATION_PREFIX, digest, fresh


@strawberry.input(description="What `inviteMember` takes.")
class InviteMemberInput:
    email: str = strawberry.field(description="The person's e-mail address.")
    role: Role = strawberry.field(description="What they will be; none above your own role.")
    expires_in_days: int = strawberry.field(description="How long it can be accepted: 1 to 30 days.", default=7)


@mutation(
    "Invite an address to work here. The answer holds the token, shown once: hand it to the person, who accepts it by"
    " `acceptInvitation`."
)
async def invite_member(
    info: Info,
    input: Annotated[InviteMemberInput, strawberry.argument(description="What is asked for.")],
    idempotency_key: IdempotencyKey = None,
) -> InviteMemberPayload:
    token = fresh(INVITATION_PREFIX)
    answer: InviteMemberPayload = await carry_out(
        info.context,
        InviteMember,
        input,
        InviteMemberPayload,
        idempotency_key,
        token_hash=digest(token.reveal()),
    )
    answer.token = None if answer.repeated else token.reveal()
    return answer
