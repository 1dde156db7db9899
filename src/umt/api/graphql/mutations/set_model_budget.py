"""`setModelBudget`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import WorkspacePayload
from umt.api.graphql.types.money import MoneyInput
from umt.application.commands.workspace import SetModelBudget


@strawberry.input(description="What `setModelBudget` takes.")
class SetModelBudgetInput:
    budget: MoneyInput | None = strawberry.field(
        description="What language models may cost in a calendar month of the workspace's time zone, in USD; above it the"
        " offline writer writes. Null sets no limit, zero asks no model at all."
    )


set_model_budget = changes(SetModelBudget, SetModelBudgetInput, WorkspacePayload)
