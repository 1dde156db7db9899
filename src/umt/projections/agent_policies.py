"""Read model: within which limits agents work in a workspace, and in its campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from umt.domain import agent_policy as events
from umt.domain.recorded import Recorded
from umt.projections.table import Change, Column, Projection, Row, Table

AGENT_POLICIES = Table(
    "agent_policies",
    "What agents may do by themselves: one row for the workspace, and one for each campaign that says more.",
    key=(Column("policy", "uuid", "The policy's id."),),
    columns=(
        Column("campaign", "uuid", "The campaign that it is for; null for the whole workspace."),
        Column(
            "guardrails", "jsonb", "The guardrails that are set: value by name; all others are as the product has them."
        ),
        Column("dry_run", "boolean", "Whether agents only say what they would do."),
        Column("thresholds", "jsonb", "Amounts above which moving money needs a person: amount, currency."),
        Column(
            "approval_hours", "integer", "How long a recommendation waits for a person, in hours; null if not said."
        ),
        Column("stopped", "jsonb", "Agents that are stopped, with the reason by name; * for all of them."),
        Column("changed_at", "timestamptz", "When it was last changed, by the business's clock."),
        Column("changed_by", "text", "Who last changed it, as kind:id."),
        Column("version", "integer", "Version of the policy's stream."),
    ),
    indexes=("workspace, campaign",),
    of_stream=True,
)
agent_policies = Projection("agent_policies", AGENT_POLICIES)


_UNSET: Final[Row] = {
    "guardrails": {},
    "dry_run": False,
    "thresholds": [],
    "stopped": {},
}
"""What a policy says of which nothing was set yet."""


@agent_policies.on(events.GuardrailsSet)
def guardrails_set(event: events.GuardrailsSet, at: Recorded) -> Iterator[Change]:
    return _changed(at, event.campaign, guardrails={each.name: each.value for each in event.guardrails})


@agent_policies.on(events.DryRunSet)
def dry_run_set(event: events.DryRunSet, at: Recorded) -> Iterator[Change]:
    return _changed(at, event.campaign, dry_run=event.on)


@agent_policies.on(events.ApprovalSet)
def approval_set(event: events.ApprovalSet, at: Recorded) -> Iterator[Change]:
    return _changed(at, event.campaign, thresholds=event.thresholds, approval_hours=event.hours)


@agent_policies.on(events.AgentStopped)
def stopped(event: events.AgentStopped, at: Recorded) -> Iterator[Change]:
    yield from _changed(at, None)
    yield AGENT_POLICIES.update(
        at, at.stream, by=lambda row: {"stopped": {**row["stopped"], event.agent: event.reason}}
    )


@agent_policies.on(events.AgentStarted)
def started(event: events.AgentStarted, at: Recorded) -> Iterator[Change]:
    yield from _changed(at, None)
    yield AGENT_POLICIES.update(
        at,
        at.stream,
        by=lambda row: {"stopped": {agent: why for agent, why in row["stopped"].items() if agent != event.agent}},
    )


def _changed(at: Recorded, campaign: UUID | None, **values: Any) -> Iterator[Change]:
    """The policy, whose row may be new, with these values."""
    noted = {"changed_at": at.metadata.effective_at, "changed_by": str(at.metadata.actor), "version": at.version}
    yield AGENT_POLICIES.put(at, at.stream, campaign=campaign, **noted)
    yield AGENT_POLICIES.update(
        at,
        at.stream,
        by=lambda row: {name: of for name, of in _UNSET.items() if row.get(name) is None} | values,
    )
