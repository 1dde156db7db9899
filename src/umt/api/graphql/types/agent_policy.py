"""Within which limits agents work, and how they stand."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from uuid import UUID

import msgspec
import strawberry
from strawberry import enum_value as value

from umt.api.graphql.enums import Permission
from umt.api.graphql.scalars import Long
from umt.api.graphql.seen import shown
from umt.api.graphql.types.money import Money
from umt.application.agents import AGENTS
from umt.application.queries import AgentStanding, Row
from umt.domain import agent_policy as domain
from umt.domain import money
from umt.domain.agent_policy import RANGES, limits_of, limits_set, policy_of_campaign, policy_of_workspace, rules
from umt.domain.analytics.guardrails import Bound


@strawberry.enum(description="Where a limit comes from.")
class PolicySource(Enum):
    """Where a limit comes from."""

    PRODUCT = value("product", description="Nobody set it: it is as the product has it.")
    WORKSPACE = value("workspace", description="It was set for the whole workspace.")
    CAMPAIGN = value("campaign", description="It was set for the campaign, more strictly than for the workspace.")


@strawberry.enum(description="On which side of its limit an observed value must be.")
class GuardrailBound(Enum):
    """On which side of its limit an observed value must be."""

    AT_LEAST = value("at least", description="What is observed must not be below it: a higher limit is stricter.")
    AT_MOST = value("at most", description="What is observed must not be above it: a lower limit is stricter.")


@strawberry.type(description="A guardrail as it holds; docs/optimiser.md says what each is for.")
class GuardrailSetting:
    name: str = strawberry.field(description="Its name, as `setGuardrails` takes it, e.g. step_of_total.")
    value: Decimal = strawberry.field(description="The limit that holds, in the unit.")
    unit: str = strawberry.field(description="The unit: days, clicks, times, or share (of 1).")
    bound: GuardrailBound = strawberry.field(description="On which side of it agents keep.")
    lowest: Decimal = strawberry.field(description="The least that it can be set to.")
    highest: Decimal = strawberry.field(description="The most that it can be set to.")
    whole: bool = strawberry.field(description="Whether it can be set to whole numbers only.")
    source: PolicySource = strawberry.field(description="Where the limit comes from.")


@strawberry.type(description="Amounts above which moving money needs a person's approval.")
class ApprovalRule:
    source: PolicySource = strawberry.field(description="Where it was set.")
    thresholds: list[Money] = strawberry.field(description="By currency; one that is not named needs approval always.")


@strawberry.type(description="An agent that is stopped.")
class AgentStop:
    agent: str = strawberry.field(description="The agent, e.g. content-ads; `*`: all of them.")
    reason: str = strawberry.field(description="Why.")


@strawberry.type(
    description="What agents may do by themselves: what holds in the workspace, or for one campaign, where it is the"
    " stricter of what was set for both."
)
class AgentPolicy:
    id: UUID = strawberry.field(description="Its id: the query `history` tells by it who set what, and when.")
    campaign: UUID | None = strawberry.field(description="The campaign that it is for; null for the whole workspace.")
    guardrails: list[GuardrailSetting] = strawberry.field(description="Every guardrail that can be set, as it holds.")
    dry_run: bool = strawberry.field(
        description="Whether agents only say what they would do: nothing outside is changed and no money moves."
    )
    dry_run_source: PolicySource | None = strawberry.field(
        description="Where that was said, the workspace if both say it; null without a dry run."
    )
    approvals: list[ApprovalRule] = strawberry.field(
        description="To move more than one of these says agents need a person's approval; with none, they never do."
    )
    approval_hours: int = strawberry.field(description="How long a recommendation waits for a person, in hours.")
    stops: list[AgentStop] = strawberry.field(description="The agents that are stopped in the workspace.")
    version: int = strawberry.field(
        description="Counts what was set for this campaign, or without one for the workspace; `expectedVersion` of what"
        " sets more."
    )

    @classmethod
    def of_rows(cls, rows: Mapping[UUID, Row], workspace: UUID, campaign: UUID | None) -> AgentPolicy:
        """From the rows of the policies that there are, by their ids."""
        own = policy_of_campaign(campaign) if campaign else policy_of_workspace(workspace)
        above = _policy(rows.get(policy_of_workspace(workspace)))
        below = _policy(rows.get(policy_of_campaign(campaign))) if campaign else None
        both = ((PolicySource.WORKSPACE, above), (PolicySource.CAMPAIGN, below))
        held = rules(above, below)
        return cls(
            id=own,
            campaign=campaign,
            guardrails=_guardrails(above, below),
            dry_run=held.dry_run,
            dry_run_source=next((source for source, policy in both if policy and policy.dry_run), None),
            approvals=[
                ApprovalRule(source=source, thresholds=[shown(each, Money) for each in policy.thresholds])
                for source, policy in both
                if policy and policy.thresholds
            ],
            approval_hours=held.approval_hours,
            stops=[AgentStop(agent=agent, reason=why) for agent, why in sorted(above.stopped.items())] if above else [],
            version=rows[own]["version"] if own in rows else 0,
        )


@strawberry.type(description="An agent as it stands in the workspace.")
class Agent:
    name: str = strawberry.field(description="Its name, e.g. content-ads.")
    title: str = strawberry.field(description="Its name for people.")
    permissions: list[Permission] = strawberry.field(
        description="What it may do; `limitAgent` narrows it. What moves money keeps within `agentPolicy` besides."
    )
    stopped_because: str | None = strawberry.field(description="Why it is stopped; null when it is not.")
    unread_events: Long | None = strawberry.field(
        description="Events of the log, of all workspaces, that it has not read yet; null before it was ever at work."
    )
    in_shadow: bool = strawberry.field(
        description="Whether an operator has it go through the log again, saying what it would do and sending nothing."
    )

    @classmethod
    def of(cls, standing: AgentStanding) -> Agent:
        place = standing.place
        return cls(
            name=standing.name,
            title=AGENTS[standing.name].title,
            permissions=list(standing.permissions),
            stopped_because=standing.stopped,
            unread_events=Long(place.unread) if place else None,
            in_shadow=place is not None and place.in_shadow,
        )


def _policy(row: Row | None) -> domain.AgentPolicy | None:
    """The policy of a row; what was never said in one is as where nothing was."""
    if row is None:
        return None
    return domain.AgentPolicy(
        campaign=row["campaign"],
        guardrails=msgspec.convert(row["guardrails"], dict[str, Decimal], strict=False),
        dry_run=row["dry_run"],
        thresholds=msgspec.convert(row["thresholds"], tuple[money.Money, ...], strict=False),
        approval_hours=row["approval_hours"],
        stopped=row["stopped"],
    )


def _guardrails(above: domain.AgentPolicy | None, below: domain.AgentPolicy | None) -> list[GuardrailSetting]:
    held = rules(above, below).guardrails
    return [
        GuardrailSetting(
            name=name,
            value=Decimal(getattr(held, name)),
            unit=of.unit,
            bound=GuardrailBound.AT_LEAST if of.bound is Bound.AT_LEAST else GuardrailBound.AT_MOST,
            lowest=of.lowest,
            highest=of.highest,
            whole=of.whole,
            source=_source(name, above, below),
        )
        for name, of in RANGES.items()
    ]


def _source(name: str, above: domain.AgentPolicy | None, below: domain.AgentPolicy | None) -> PolicySource:
    """Of a limit that both set the one that holds, and where they agree, the wider."""
    limit, narrower = limits_of(above)[name], limits_set(below).get(name)
    if narrower is not None and RANGES[name].stricter(limit, narrower) != limit:
        return PolicySource.CAMPAIGN
    return PolicySource.WORKSPACE if name in limits_set(above) else PolicySource.PRODUCT
