"""`removeMember`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import WorkspacePayload
from umt.application.commands.members import RemoveMember
from umt.domain.errors import NotFound, NotReady, OutOfReach


@strawberry.input(description="What `removeMember` takes.")
class RemoveMemberInput:
    user: UUID = strawberry.field(description="The member.")


remove_member = changes(RemoveMember, RemoveMemberInput, WorkspacePayload, NotFound, NotReady, OutOfReach)
