"""What an agent is told of an effect: its request and its outcome, as they stand in the run's record."""

from __future__ import annotations

from uuid import UUID

import msgspec

from umt.application.agents.reaction import Settled
from umt.application.effects import EFFECTS, Effect
from umt.application.ports import Unreadable
from umt.domain import agent_run
from umt.domain.agent_run import AgentRun, EffectStatus


def request_of(effect: agent_run.Effect) -> Effect:
    """What was asked for, as it was recorded. Raises Unreadable where that cannot be read any more."""
    kind = EFFECTS.get(effect.kind)
    if kind is None:
        raise Unreadable(f"There is no effect {effect.kind}.")
    try:
        return msgspec.json.decode(effect.request, type=kind)
    except msgspec.DecodeError as error:
        raise Unreadable(f"The recorded request of {effect.kind} cannot be read: {error}") from error


def settled(run: AgentRun, effect: UUID) -> Settled:
    """The outcome of one of the run's effects; one that did not succeed has an error. Raises Unreadable where the record of it
    cannot be read any more."""
    found = run.effect(effect)
    request = request_of(found)
    if found.status is not EffectStatus.SUCCEEDED or found.result is None:
        return Settled(request, None, found.error, run)
    try:
        result = msgspec.json.decode(found.result, type=type(request).result_type)
    except msgspec.DecodeError as error:
        raise Unreadable(f"The recorded result of {found.kind} cannot be read: {error}") from error
    return Settled(request, result, None, run)
