"""What an agent says now beside what it said then, on the same facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum

import msgspec

from umt.application.agents.facts import NotRecorded, UnreadableFact
from umt.application.agents.reaction import Agent
from umt.application.agents.replay.again import Trigger, asked
from umt.application.agents.replay.phases import Phase, phases
from umt.application.agents.replay.said import Statement, recorded, stated
from umt.application.ports import Unreadable
from umt.domain.recorded import Recorded


class Change(StrEnum):
    """How now differs from then."""

    ADDED = "added"
    MISSING = "missing"
    DIFFERENT = "different"
    LOOKS_ELSEWHERE = "looks_elsewhere"
    """The agent looks at what it did not look at then: what it would say is not known."""
    BREAKS = "breaks"
    MENDED = "mended"
    UNREADABLE = "unreadable"
    ERASED = "erased"
    """Different only in that personal data was erased in between."""
    UNKNOWN = "unknown"
    """The record does not tell."""

    @property
    def of_a_decision(self) -> bool:
        """Whether the agent's code decides otherwise now; else only the record has become less."""
        return self not in (Change.ERASED, Change.UNKNOWN)


class Difference(msgspec.Struct, frozen=True):
    """One step, or one phase, that is not as it was. ``asked`` says what the agent was asked about."""

    asked: str
    change: Change
    then: Statement | None = None
    now: Statement | None = None
    note: str = ""


def differences(agent: Agent | None, trigger: Trigger | None, record: Sequence[Recorded]) -> list[Difference]:
    """How a run would go now; nothing where all is the same. ``agent`` is None where there is none of its name any more,
    ``trigger`` where what set the run off is gone."""
    return [difference for phase in phases(record) for difference in _of_phase(agent or Agent("", ""), trigger, phase)]


def _of_phase(agent: Agent, trigger: Trigger | None, phase: Phase) -> Iterator[Difference]:
    about, then = _asked(phase), recorded(phase.said)
    if trigger is None and phase.effect is None:
        yield Difference(about, Change.UNKNOWN, note="what set it off is gone")
        return
    try:
        now = stated(asked(agent, trigger, phase))
    except NotRecorded as error:
        if phase.broken is None:
            yield Difference(about, Change.LOOKS_ELSEWHERE, note=f"looks at {error.key}, which it did not look at then")
        else:
            note = f"broke off then ({phase.broken}); now it looks at {error.key}, of which nothing was kept"
            yield Difference(about, Change.UNKNOWN, note=note)
    except (UnreadableFact, Unreadable) as error:
        if phase.broken is None and (then or phase.facts):
            yield Difference(about, Change.UNREADABLE, note=str(error))
    except Exception as error:  # whatever the code at hand does wrong is what is asked about
        if phase.broken is None:
            yield Difference(about, Change.BREAKS, note=f"{type(error).__name__}: {error}")
    else:
        if phase.broken is not None:
            yield Difference(about, Change.MENDED, note=f"broke off then: {phase.broken}")
        yield from _between(about, then, now)


def _between(about: str, then: Sequence[Statement], now: Sequence[Statement]) -> Iterator[Difference]:
    """What was said beside what is said, in order; what is about the same thing side by side."""
    for tag, a, b, c, d in SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        left = list(now[c:d])
        for old in then[a:b]:
            new = next((each for each in left if each.about == old.about), None)
            if new is None:
                yield Difference(about, Change.MISSING, then=old)
                continue
            left.remove(new)
            change = Change.ERASED if old.differs_by_erasure(new) else Change.DIFFERENT
            yield Difference(about, change, old, new)
        for new in left:
            yield Difference(about, Change.ADDED, now=new)


def _asked(phase: Phase) -> str:
    """What the agent was asked about, for people."""
    if phase.effect is None:
        return phase.run.trigger_type
    effect = phase.run.effect(phase.effect)
    return f"{effect.kind} {effect.status}"
