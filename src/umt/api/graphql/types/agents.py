"""What agents do and decide."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
import strawberry

from umt.api import positions
from umt.api.graphql import things
from umt.api.graphql.enums import RunStatus
from umt.api.graphql.fields import field
from umt.api.graphql.pages import Listed
from umt.api.graphql.request import Request
from umt.api.graphql.scalars import Long
from umt.api.graphql.types.node import Node
from umt.api.graphql.types.orders import AgentDecisionOrder, listed
from umt.application.lists import Order
from umt.application.queries import Row
from umt.domain import agent_run as domain
from umt.domain.errors import NotFound


@strawberry.type(description="One figure or fact that a decision rests on.")
class Evidence:
    name: str = strawberry.field(description="What it is.")
    value: str = strawberry.field(description="Its value.")
    unit: str = strawberry.field(description="Its unit; empty without one.")


@strawberry.type(description="A limit that was checked before the decision.")
class Guardrail:
    name: str = strawberry.field(description="What is limited.")
    limit: str = strawberry.field(description="The limit.")
    observed: str = strawberry.field(description="What was found.")
    met: bool = strawberry.field(description="Whether it is kept.")


@strawberry.type(description="What an agent decided, why, on what evidence and within which limits.")
class AgentDecision:
    run: UUID = strawberry.field(description="The run in which it was decided.")
    agent: str = strawberry.field(description="The agent's name.")
    action: str = strawberry.field(description="E.g. reallocate, pause, raise_budget, alert, hold.")
    subject_kind: str = strawberry.field(description="What kind of thing it is about.")
    subject: UUID = strawberry.field(description="The thing it is about.")
    target: str = strawberry.field(description="The platform or channel; source and target as source>target.")
    amount: Decimal | None = strawberry.field(description="Money concerned; null without any.")
    currency: str | None = strawberry.field(description="ISO 4217 code of the amount; null without one.")
    reason: str = strawberry.field(description="Why, in plain words.")
    rule: str = strawberry.field(description="The policy that decided.")
    score: Decimal | None = strawberry.field(description="Performance score between 0 and 1 that was judged.")
    confidence: Decimal | None = strawberry.field(description="How sure the policy is, between 0 and 1.")
    evidence: list[Evidence] = strawberry.field(description="What it rests on.")
    guardrails: list[Guardrail] = strawberry.field(description="The limits that were checked.")
    decided_at: datetime = strawberry.field(description="When, by the business's clock.")
    position: str = strawberry.field(description="Where in the log it was recorded.")

    @classmethod
    def of_row(cls, row: Row) -> AgentDecision:
        return cls(
            **{name: row[name] for name in _OF_DECISION},
            currency=row["currency"] or None,
            evidence=msgspec.convert(row["evidence"], list[domain.Evidence]),
            guardrails=msgspec.convert(row["guardrails"], list[domain.Guardrail]),
            position=positions.encode(row["position"]),
        )


_OF_DECISION = (
    "run",
    "agent",
    "action",
    "subject_kind",
    "subject",
    "target",
    "amount",
    "reason",
    "rule",
    "score",
    "confidence",
    "decided_at",
)


@strawberry.type(description="One reaction of an agent to an event or a timer.")
class AgentRun(Node):
    agent: str = strawberry.field(description="The agent's name.")
    trigger_type: str = strawberry.field(description="The event or timer that set it off.")
    subject_kind: str = strawberry.field(description="What kind of thing it is about.")
    subject: UUID = strawberry.field(description="The thing it is about.")
    status: RunStatus = strawberry.field(description="How far it has come.")
    pending_effects: int = strawberry.field(description="Effects whose outcome is still open.")
    failed_effects: int = strawberry.field(description="Effects that failed for good.")
    last_error: str | None = strawberry.field(description="What the newest failure said; null without one.")
    started_at: datetime = strawberry.field(description="When it began, by the business's clock.")
    completed_at: datetime | None = strawberry.field(description="When nothing was left to do; null until then.")
    version: int = strawberry.field(description="Counts what happened in it.")
    position: str = strawberry.field(description="Where it last changed.")

    @classmethod
    def of_row(cls, row: Row) -> AgentRun:
        given = {name: row[name] for name in _OF_RUN}
        return cls(id=row["run"], status=RunStatus(row["status"]), position=positions.encode(row["position"]), **given)


_OF_RUN = (
    "agent",
    "trigger_type",
    "subject_kind",
    "subject",
    "pending_effects",
    "failed_effects",
    "last_error",
    "started_at",
    "completed_at",
    "version",
)


@strawberry.type(description="What agents still have to do in the workspace.")
class AgentActivity:
    position: str = strawberry.field(description="The log's newest event, for `atLeast`.")
    unread_events: Long = strawberry.field(description="Events that some agent has not read yet.")
    open_runs: Long = strawberry.field(description="Reactions that are not completed.")
    due_timers: Long = strawberry.field(description="Reminders whose time has come.")

    @field("Whether there is nothing left to do.")
    def idle(self) -> bool:
        return not (self.unread_events or self.open_runs or self.due_timers)


def decisions(order: AgentDecisionOrder | None) -> Listed:
    """Decisions in an order; the log's, if nothing is said."""
    return listed("decisions", (), order, Order(("position",)))


async def agent_runs_by_id(request: Request, ids: list[UUID]) -> list[AgentRun | NotFound]:
    """The runs with these ids."""
    found = await things.of_read_model(request, ids, "agent_runs", "run", AgentRun.of_row)
    return things.in_order(ids, found, "agent_run")
