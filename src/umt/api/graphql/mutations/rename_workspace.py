"""`renameWorkspace`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import WorkspacePayload
from umt.application.commands.workspace import RenameWorkspace


@strawberry.input(description="What `renameWorkspace` takes.")
class RenameWorkspaceInput:
    name: str = strawberry.field(description="The new name.")


rename_workspace = changes(RenameWorkspace, RenameWorkspaceInput, WorkspacePayload)
