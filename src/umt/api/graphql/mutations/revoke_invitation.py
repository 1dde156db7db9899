"""`revokeInvitation`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import InvitationPayload
from umt.application.commands.invitations import RevokeInvitation
from umt.domain.errors import AlreadyExists, NotFound


@strawberry.input(description="What `revokeInvitation` takes.")
class RevokeInvitationInput:
    invitation: UUID = strawberry.field(description="The invitation.")


revoke_invitation = changes(RevokeInvitation, RevokeInvitationInput, InvitationPayload, AlreadyExists, NotFound)
