"""Carries out what an agent says, step by step, in the transaction of its reaction.

Only a live run acts: a dry run changes nothing outside, and a run in the shadow issues no command, requests no effect and
sets no reminder. What was not done for that reason is recorded as such.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Final
from uuid import UUID, uuid5

from msgspec.structs import replace

from umt.application.agents.reaction import Remind, Step
from umt.application.authorisation import Authorisation
from umt.application.commands.agents import rules_of
from umt.application.dispatch import Command
from umt.application.effects import Effect
from umt.application.errors import ApplicationError
from umt.application.permissions import Permission
from umt.application.transaction import Context, Timer, Transaction
from umt.domain.agent_run import (
    AgentRun,
    CommandIssued,
    DecisionMade,
    EffectRequested,
    EffectWithheld,
    RunMode,
)
from umt.domain.errors import DomainError
from umt.domain.workspace import Workspace

SHADOW: Final = "not sent: the agent works in the shadow"
DRY_RUN: Final = "not sent: dry run"


class Steps:
    """Knows how each kind of step is carried out."""

    def __init__(self, authorisation: Authorisation) -> None:
        self._authorisation = authorisation

    def carry_out(self, tx: Transaction, run: UUID, steps: Iterable[Step]) -> None:
        """All steps of a reaction, in order."""
        for step in steps:
            if isinstance(step, DecisionMade):
                tx.record(AgentRun, run, step)
            elif isinstance(step, Command):
                self._issue(tx, run, step)
            elif isinstance(step, Remind):
                self._remind(tx, run, step)
            else:
                self._request(tx, run, step)

    def _issue(self, tx: Transaction, run: UUID, command: Command) -> None:
        """A command of an agent passes the same authorisation, within what the workspace leaves the agent; a rejection is
        its recorded outcome."""
        accepted, outcome = True, "accepted"
        if tx.get(AgentRun, run).mode is RunMode.SHADOW:
            accepted, outcome = False, SHADOW
        else:
            try:
                self._authorisation.require(command.permission, _narrowed(tx))
                with tx.attempt():
                    command.handle(tx)
            except (DomainError, ApplicationError) as error:
                accepted, outcome = False, f"{error.code}: {error}"
        name = type(command).__name__
        tx.record(AgentRun, run, CommandIssued(name, command.canonical().decode(), accepted, outcome))

    def _remind(self, tx: Transaction, run: UUID, step: Remind) -> None:
        state = tx.get(AgentRun, run)
        if state.mode is RunMode.SHADOW:
            return
        due_at = step.due_at.astimezone(UTC)
        timer = uuid5(step.subject, f"{state.agent}/{step.name}/{due_at.isoformat()}")
        tx.start_timer(Timer(timer, tx.context.workspace, state.agent, step.name, step.subject, due_at))

    def _request(self, tx: Transaction, run: UUID, step: Effect) -> None:
        state = tx.get(AgentRun, run)
        effect = uuid5(run, f"{len(state.effects)}")
        tx.record(AgentRun, run, EffectRequested(effect, step.kind, step.to_json()))
        if reason := withheld(tx, state, step):
            tx.record(AgentRun, run, EffectWithheld(effect, reason))
        else:
            tx.enqueue(run, effect, lock=step.lock, priority=step.priority)


def withheld(tx: Transaction, run: AgentRun, effect: Effect) -> str | None:
    """Why an effect is not to be sent; None when it is."""
    if run.mode is RunMode.SHADOW:
        return SHADOW
    if not effect.changes_outside:
        return None
    return DRY_RUN if rules_of(tx, effect.campaign).dry_run else None


def _narrowed(tx: Transaction) -> Context:
    """The agent's context, cut to what its workspace allows it."""
    workspace = tx.load(Workspace, tx.context.workspace)
    limit = workspace.agent_limits.get(tx.context.actor.id) if workspace else None
    if limit is None:
        return tx.context
    known = set(Permission)
    return replace(tx.context, scopes=tuple(Permission(name) for name in limit if name in known))
