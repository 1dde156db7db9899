"""`addServiceAccount`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.enums import Role
from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import WorkspacePayload
from umt.application.commands.members import AddServiceAccount
from umt.domain.errors import AlreadyExists, OutOfReach


@strawberry.input(description="What `addServiceAccount` takes.")
class AddServiceAccountInput:
    name: str = strawberry.field(
        description="What it is called, not after a person, since no erasure takes it away; unique among the workspace's "
        "service accounts."
    )
    role: Role = strawberry.field(description="Its role; it cannot be an owner.")


add_service_account = changes(AddServiceAccount, AddServiceAccountInput, WorkspacePayload, AlreadyExists, OutOfReach)
