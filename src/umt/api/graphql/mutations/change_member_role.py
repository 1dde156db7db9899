"""`changeMemberRole`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.enums import Role
from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import WorkspacePayload
from umt.application.commands.members import ChangeMemberRole
from umt.domain.errors import NotFound, NotReady, OutOfReach


@strawberry.input(description="What `changeMemberRole` takes.")
class ChangeMemberRoleInput:
    user: UUID = strawberry.field(description="The member.")
    role: Role = strawberry.field(description="The new role.")


change_member_role = changes(ChangeMemberRole, ChangeMemberRoleInput, WorkspacePayload, NotFound, NotReady, OutOfReach)
