"""An agent asked again on what it saw then: no outside call, no database."""

from __future__ import annotations

from collections.abc import Sequence

from umt.application.agents.facts import RecordedFacts
from umt.application.agents.outcomes import settled
from umt.application.agents.reaction import Agent, Step, Wake
from umt.application.agents.replay.phases import Phase, phases
from umt.domain.recorded import Recorded

Trigger = Recorded | Wake
"""What set a run off."""


def replay(agent: Agent, trigger: Trigger, record: Sequence[Recorded]) -> list[Step]:
    """The steps that the agent takes when it sees what it saw then: at the trigger, and at each effect's outcome.

    Raises NotRecorded where the agent now looks at what it did not look at then.
    """
    return [step for phase in phases(record) for step in asked(agent, trigger, phase)]


def asked(agent: Agent, trigger: Trigger | None, phase: Phase) -> list[Step]:
    """What the agent says in a phase; nothing to what it does not react to. Raises whatever its code raises.

    ``trigger`` is not looked at where an effect's outcome is told.
    """
    facts = RecordedFacts(phase.facts, phase.workspace, phase.now)
    if phase.effect:
        to_outcome = agent.outcomes.get(phase.run.effect(phase.effect).kind)
        return list(to_outcome(settled(phase.run, phase.effect), facts)) if to_outcome else []
    assert trigger
    if isinstance(trigger, Wake):
        to_reminder = agent.timers.get(trigger.name.partition("/")[0])
        return list(to_reminder(trigger, facts)) if to_reminder else []
    reaction = agent.reactions.get(trigger.event.type_name)
    return list(reaction(trigger.event, trigger, facts)) if reaction else []
