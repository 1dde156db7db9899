"""`inviteMember`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.enums import Role
from umt.api.graphql.mutation import Secret, makes
from umt.api.graphql.payloads import InvitationPayload
from umt.application.commands.invitations import InviteMember
from umt.application.opaque_tokens import INVITATION_PREFIX, digest, fresh
from umt.domain.errors import AlreadyExists, OutOfReach


@strawberry.input(description="What `inviteMember` takes.")
class InviteMemberInput:
    email: str = strawberry.field(description="The person's e-mail address.")
    role: Role = strawberry.field(description="What they will be; none above your own role.")
    expires_in_days: int = strawberry.field(description="How long it can be accepted: 1 to 30 days.", default=7)


@strawberry.type
class NewInvitation(InvitationPayload):
    token: str | None = strawberry.field(
        description="What the person accepts it with, shown once: null when the command is repeated, since only its hash"
        " is kept.",
        default=None,
    )


def _token() -> Secret:
    token = fresh(INVITATION_PREFIX).reveal()
    return Secret(given={"token_hash": digest(token)}, shown={"token": token})


invite_member = makes(
    InviteMember,
    InviteMemberInput,
    NewInvitation,
    AlreadyExists,
    OutOfReach,
    secret=_token,
    description="Invite an address to work here. The answer holds the token, shown once: hand it to the person, who"
    " accepts it by `acceptInvitation`.",
)
