"""A run again from its record: no outside call, no database, and the same steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from umt.application.agents.facts import RecordedFacts
from umt.application.agents.reaction import Agent, Settled, Step, Wake
from umt.application.effects import EFFECTS
from umt.domain.agent_run import AgentRun, EffectFailed, EffectSucceeded, FactsRead
from umt.domain.recorded import Recorded


def replay(agent: Agent, trigger: Recorded | Wake, run: Sequence[Recorded]) -> list[Step]:
    """The steps that the agent takes when it sees what it saw then: at the trigger, and at each effect's outcome.

    Raises LookupError where the agent now looks at what it did not look at then.
    """
    steps: list[Step] = []
    state: AgentRun | None = None
    for phase in _phases(run):
        facts = RecordedFacts(_seen(phase), phase[0].workspace, phase[0].metadata.effective_at)
        first = phase[0].event
        if isinstance(first, EffectSucceeded | EffectFailed):
            assert state is not None
            state = first.evolve(state)
            steps.extend(_after(agent, state, first, facts))
        elif isinstance(trigger, Wake):
            steps.extend(agent.timers[trigger.name.partition("/")[0]](trigger, facts))
        else:
            steps.extend(agent.reactions[trigger.event.type_name](trigger.event, trigger, facts))
        for recorded in phase[1:] if state else phase:
            state = recorded.event.evolve(state)
    return steps


def _after(
    agent: Agent, state: AgentRun, outcome: EffectSucceeded | EffectFailed, facts: RecordedFacts
) -> Iterable[Step]:
    effect = state.effect(outcome.effect)
    reaction = agent.outcomes.get(effect.kind)
    if reaction is None:
        return ()
    kind = EFFECTS[effect.kind]
    request = msgspec.json.decode(effect.request, type=kind)
    if isinstance(outcome, EffectFailed):
        return reaction(Settled(request, None, outcome.error, state), facts)
    result = msgspec.json.decode(outcome.result, type=kind.result_type)
    return reaction(Settled(request, result, None, state), facts)


def _phases(run: Sequence[Recorded]) -> Iterator[list[Recorded]]:
    """The reaction itself, then what followed each outcome."""
    phase: list[Recorded] = []
    for recorded in run:
        if isinstance(recorded.event, EffectSucceeded | EffectFailed) and phase:
            yield phase
            phase = []
        phase.append(recorded)
    yield phase


def _seen(phase: Iterable[Recorded]) -> dict[str, str]:
    return {f.key: f.value for r in phase if isinstance(r.event, FactsRead) for f in r.event.facts}
