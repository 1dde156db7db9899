"""What an agent said, then or now, in one form: read by today's types and written again, so that a request from before a
field was added equals one that leaves the field at its default."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from typing import Any

import msgspec

from umt.application.agents.reaction import Step
from umt.application.agents.replay.phases import Said
from umt.application.commands import COMMANDS
from umt.application.dispatch import Command
from umt.application.effects import EFFECTS, Effect
from umt.domain.agent_run import CommandIssued, DecisionMade, EffectRequested
from umt.domain.personal import PLACEHOLDER


class Kind(StrEnum):
    """What kind of step it is."""

    DECISION = "decision"
    COMMAND = "command"
    EFFECT = "effect"


class Statement(msgspec.Struct, frozen=True):
    """One step: its kind, its name, and all of it as JSON text with sorted keys."""

    kind: Kind
    name: str
    text: str

    @property
    def content(self) -> dict[str, Any]:
        decoded: dict[str, Any] = msgspec.json.decode(self.text)
        return decoded

    @property
    def about(self) -> tuple[str, str]:
        """What it is likely to be the same as, although it says something else."""
        if self.kind is not Kind.DECISION:
            return self.kind, self.name
        return self.kind, f"{self.name} {self.content['target'].partition('>')[0]}"

    def differs_by_erasure(self, now: Statement) -> bool:
        """Whether all that is different now is that personal data shows as the placeholder of what was erased."""
        if (self.kind, self.name) != (now.kind, now.name) or PLACEHOLDER not in now.text:
            return False
        kept = map(re.escape, now.text.split(PLACEHOLDER))
        return re.fullmatch(r'(?:[^"\\]|\\.)*'.join(kept), self.text) is not None


def recorded(said: Iterable[Said]) -> list[Statement]:
    """What was said then."""
    return [_recorded(event) for event in said]


def stated(steps: Iterable[Step]) -> list[Statement]:
    """What is said now; reminders are left out, as the record has none."""
    found: list[Statement] = []
    for step in steps:
        if isinstance(step, DecisionMade):
            found.append(_decision(step))
        elif isinstance(step, Command):
            found.append(_command(type(step).__name__, step.canonical().decode()))
        elif isinstance(step, Effect):
            found.append(_effect(step.kind, step.to_json()))
    return found


def _recorded(event: Said) -> Statement:
    match event:
        case DecisionMade():
            return _decision(event)
        case CommandIssued():
            return _command(event.command, event.request)
        case EffectRequested():
            return _effect(event.effect_kind, event.request)


def _decision(event: DecisionMade) -> Statement:
    return Statement(Kind.DECISION, event.rule, _json(event))


def _command(name: str, request: str) -> Statement:
    """``request`` is a command's canonical form: a list of its name and its fields."""
    fields = msgspec.json.decode(request)[1]
    with suppress(KeyError, ValueError):  # one of a command that is gone, or has another form, stays as it is
        fields = msgspec.json.decode(COMMANDS[name].model_validate(fields).canonical())[1]
    return Statement(Kind.COMMAND, name, _json(fields))


def _effect(kind: str, request: str) -> Statement:
    try:
        return Statement(Kind.EFFECT, kind, msgspec.json.decode(request, type=EFFECTS[kind]).to_json())
    except (KeyError, msgspec.DecodeError):
        return Statement(Kind.EFFECT, kind, _json(msgspec.json.decode(request)))


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
