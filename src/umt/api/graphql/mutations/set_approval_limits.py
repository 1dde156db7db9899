"""`setApprovalLimits`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import WorkspacePayload
from umt.api.graphql.types.money import MoneyInput
from umt.application.commands.workspace import SetApprovalLimits
from umt.domain.errors import OutOfReach


@strawberry.input(description="What `setApprovalLimits` takes.")
class SetApprovalLimitsInput:
    limits: list[MoneyInput] = strawberry.field(
        description="One for each currency; with any, a currency without one is above it. None lifts them all."
    )


set_approval_limits = changes(SetApprovalLimits, SetApprovalLimitsInput, WorkspacePayload, OutOfReach)
