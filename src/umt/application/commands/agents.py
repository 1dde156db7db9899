"""Commands on agents: within which limits they work, whether they work at all, and what becomes of their runs."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from umt.application.commands.authority import authority
from umt.application.dispatch import Command
from umt.application.fields import MoneyField, Plain, value_of
from umt.application.permissions import AGENTS, Permission
from umt.application.transaction import Transaction
from umt.domain import agent_policy, agent_run
from umt.domain.agent_policy import (
    APPROVAL_HOURS,
    EVERY_AGENT,
    AgentPolicy,
    GuardrailValue,
    Rules,
    policy_of_campaign,
    policy_of_workspace,
    rules,
)
from umt.domain.agent_run import AgentRun
from umt.domain.campaign import Campaign
from umt.domain.errors import InvalidValue


class _OfWorkspace(Command):
    permission: ClassVar[Permission] = Permission.WORKSPACE_MANAGE


class _OfCampaign(Command):
    permission: ClassVar[Permission] = Permission.CAMPAIGN_APPROVE
    campaign: UUID

    def policy(self, tx: Transaction) -> UUID:
        tx.get(Campaign, self.campaign)
        return policy_of_campaign(self.campaign)


class SetGuardrails(_OfWorkspace):
    """Say within which limits agents move money in this workspace; what is not named is as we have it."""

    guardrails: Annotated[tuple[GuardrailValue, ...], value_of(tuple[GuardrailValue, ...]), Plain]

    def handle(self, tx: Transaction) -> None:
        policy = policy_of_workspace(tx.context.workspace)
        tx.create(AgentPolicy, policy, agent_policy.set_guardrails, None, self.guardrails)


class SetCampaignGuardrails(_OfCampaign):
    """Narrow the limits for one campaign; what is looser than the workspace's has no effect."""

    guardrails: Annotated[tuple[GuardrailValue, ...], value_of(tuple[GuardrailValue, ...]), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.create(AgentPolicy, self.policy(tx), agent_policy.set_guardrails, self.campaign, self.guardrails)


class SetDryRun(_OfWorkspace):
    """Have agents only say what they would do, in the whole workspace, or have them do it again."""

    on: bool

    def handle(self, tx: Transaction) -> None:
        tx.create(AgentPolicy, policy_of_workspace(tx.context.workspace), agent_policy.set_dry_run, None, self.on)


class SetCampaignDryRun(_OfCampaign):
    """Have agents only say what they would do for one campaign, or have them do it again."""

    on: bool

    def handle(self, tx: Transaction) -> None:
        tx.create(AgentPolicy, self.policy(tx), agent_policy.set_dry_run, self.campaign, self.on)


class SetAgentApproval(_OfWorkspace):
    """Say from which amount on agents need a person's approval to move money, and how long they wait for it.

    With any threshold, a currency without one is above it; an empty list lifts them all. Only an owner loosens them.
    """

    thresholds: tuple[MoneyField, ...]
    hours: int = APPROVAL_HOURS

    def handle(self, tx: Transaction) -> None:
        policy = policy_of_workspace(tx.context.workspace)
        by = authority(tx)
        tx.create(AgentPolicy, policy, agent_policy.set_approval, None, self.thresholds, self.hours, by)


class SetCampaignApproval(_OfCampaign):
    """The same for one campaign, besides what the workspace says."""

    thresholds: tuple[MoneyField, ...]
    hours: int = APPROVAL_HOURS

    def handle(self, tx: Transaction) -> None:
        by, decision = authority(tx), agent_policy.set_approval
        tx.create(AgentPolicy, self.policy(tx), decision, self.campaign, self.thresholds, self.hours, by)


class StopAgent(Command):
    """Stop an agent in this workspace, or all of them: within a second nothing more of it goes outside. What comes up
    meanwhile waits."""

    permission: ClassVar[Permission] = Permission.AGENT_CONTROL
    agent: str = EVERY_AGENT
    reason: str

    def handle(self, tx: Transaction) -> None:
        _known(self.agent)
        policy = policy_of_workspace(tx.context.workspace)
        tx.create(AgentPolicy, policy, agent_policy.stop_agent, self.agent, self.reason)
        tx.stop_agent(self.agent)


class StartAgent(_OfWorkspace):
    """Let a stopped agent work again; it first takes up what has waited."""

    agent: str = EVERY_AGENT

    def handle(self, tx: Transaction) -> None:
        _known(self.agent)
        tx.create(AgentPolicy, policy_of_workspace(tx.context.workspace), agent_policy.start_agent, self.agent)
        tx.start_agent(self.agent)


class CancelRun(Command):
    """Give up whatever of a run is still open. What is on its way outside may arrive; it changes nothing here."""

    permission: ClassVar[Permission] = Permission.AGENT_CONTROL
    run: UUID
    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(AgentRun, self.run, agent_run.cancel, self.reason)


class RetryRun(Command):
    """Do again whatever of a run ended otherwise than well."""

    permission: ClassVar[Permission] = Permission.AGENT_CONTROL
    run: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(AgentRun, self.run, agent_run.retry)


def rules_of(tx: Transaction, campaign: UUID | None) -> Rules:
    """What holds for the campaign, or without one for the workspace."""
    of_workspace = tx.load(AgentPolicy, policy_of_workspace(tx.context.workspace))
    return rules(of_workspace, tx.load(AgentPolicy, policy_of_campaign(campaign)) if campaign else None)


def _known(agent: str) -> None:
    if agent != EVERY_AGENT and agent not in AGENTS:
        raise InvalidValue("agent", f"must be one of {', '.join(AGENTS)}, or {EVERY_AGENT} for all of them")
