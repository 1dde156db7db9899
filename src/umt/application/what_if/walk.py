"""Walks a branch through what came from outside, and has the agent decide anew where it decided in history.

It is asked at the very places of history's runs, so that it sees what it saw then; only what the branch alone leads to is
asked about at once. Ads, posts and budgets outside are not followed: nothing is sent, so nothing is known of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from umt.application.agents.reaction import Agent
from umt.application.agents.runtime import AgentRuntime
from umt.application.authorisation import Authorisation
from umt.application.what_if import comparison, outside
from umt.application.what_if.branch import Branch, Branched, History, Origin
from umt.application.what_if.comparison import Made, Refused, WhatIf
from umt.application.what_if.settings import Supposed
from umt.application.what_if.start import start_of
from umt.application.what_if.transaction import BranchWriter
from umt.domain.agent_policy import AgentPolicy, AgentStarted, policy_of_campaign, policy_of_workspace
from umt.domain.agent_run import AgentRun, DecisionMade, RunHeld, RunMode, RunStarted
from umt.domain.campaign import Campaign, OptimizationRequested
from umt.domain.errors import DomainError, InvalidValue
from umt.domain.event import Event
from umt.domain.performance import PerformanceLog, PerformanceRecorded
from umt.domain.recommendation import (
    Recommendation,
    RecommendationAccepted,
    RecommendationApplied,
    RecommendationMade,
    RecommendationRejected,
    Status,
)
from umt.domain.recorded import Recorded

JUDGED: Final = (OptimizationRequested, RecommendationAccepted, RecommendationApplied)
"""What the agent decides on; its other reactions carry decisions to the outside."""
TIMERS: Final = ("expire", "measure")
_TRIGGERS: Final = (*(event.type_name for event in JUDGED), *(f"timer.{name}" for name in TIMERS))


class Walk:
    """One branch of one campaign, walked once."""

    def __init__(
        self,
        history: History,
        agent: Agent,
        campaign: UUID,
        position: int,
        supposed: Supposed,
        *,
        head: int,
        until: int | None = None,
    ) -> None:
        """Raises NotFound and InvalidValue as `start_of` does."""
        start = start_of(history, campaign, position, head=head, until=until)
        self._history, self._agent, self._campaign, self._until = history, agent, campaign, until or head
        self.branch = Branch(history, start.workspace, start.position, start.now, supposed)
        writer = BranchWriter(self.branch)
        self._runtime = AgentRuntime(writer, {agent.name: agent}, Authorisation(), self.branch)
        self._policies = (policy_of_workspace(start.workspace), policy_of_campaign(campaign))
        self._runs: dict[UUID, UUID] = {}
        """History's runs that are still to come, by what set them off."""
        self._judgements: frozenset[UUID] = frozenset()
        self._waiting: dict[UUID, Recorded] = {}
        """What happened in the branch and is decided on where history has the run."""
        self._queue = deque[Recorded]()
        self._seen = 0
        self._then: dict[UUID, Recommendation] = {}
        """History's recommendations of the campaign."""
        self._decided: list[Made] = []
        self._moved: list[Event] = []
        self._refused: list[Refused] = []
        self.base: list[Recorded] = []
        """What of history the branch begins with."""

    def walked(self) -> WhatIf:
        """To the end. Raises domain.recorded.Unreadable where history cannot be read."""
        self._begin()
        then: Campaign = self.branch.known(Campaign, self._campaign).state
        for recorded in self._history.page(self.branch.start, self._until):
            self.branch.reached, self.branch.now = recorded.position - 1, recorded.metadata.effective_at
            self._wake_what_is_due()
            if recorded.stream == self._campaign:
                then = recorded.event.evolve(then)
                self._moved.append(recorded.event)
            self._note(recorded)
            self._take(recorded)
            self._settle()
        campaign: Campaign = self.branch.known(Campaign, self._campaign).state
        recommendations = self._recommendations()
        own = [each.recorded.event for each in self.branch.log if each.recorded.stream == self._campaign]
        return WhatIf(
            campaign=self._campaign,
            name=campaign.name,
            currency=campaign.currency,
            position=self.branch.start,
            until=self._until,
            decisions=comparison.side_by_side(self._decided, list(self._made())),
            then=comparison.side(then, self._moved, self._then.values()),
            branch=comparison.side(campaign, own, recommendations.values()),
            platforms=comparison.platforms(then, campaign),
            waiting=comparison.waiting(recommendations),
            refused=tuple(self._refused),
        )

    # Up to the branch

    def _begin(self) -> None:
        """What is known at the branch's start of figures, recommendations and reminders."""
        start, branch = self.branch.start, self.branch
        for stream in (self._campaign, *self._policies):
            self.base += self._history.stream(stream, start)
        for recorded in self._history.page(0, start, (PerformanceRecorded.type_name, RecommendationMade.type_name)):
            event = recorded.event
            if isinstance(event, PerformanceRecorded) and event.campaign == self._campaign:
                branch.report(event)
                self.base.append(recorded)
            elif isinstance(event, RecommendationMade) and event.campaign == self._campaign:
                state = branch.known(Recommendation, recorded.stream).state
                self._then[recorded.stream] = state
                self.base += self._history.stream(recorded.stream, start)
        for recorded in self._history.page(start, self._until, (RunStarted.type_name,)):
            started = recorded.event
            if (
                isinstance(started, RunStarted)
                and started.agent == self._agent.name
                and _is_judged(started.trigger_type)
                and started.mode is not RunMode.SHADOW
            ):
                self._runs[started.trigger] = recorded.stream
        held = set(self._held())
        branch.held.update(dict.fromkeys(held, self._agent.name))
        self._judgements = frozenset((*self._runs.values(), *held))
        self.base.sort(key=lambda each: each.position)
        for timer in self._history.timers(list(self._then)):
            name, status = timer.name.partition("/")[0], self._then[timer.subject].status
            is_set = name == "expire" or (name == "measure" and status is Status.APPLIED)
            if is_set and (timer.due_at > branch.now or timer.id in self._runs):
                branch.timers[timer.id] = timer

    def _held(self) -> Iterator[UUID]:
        """The runs about the campaign that wait at the branch's start."""
        for recorded in self._history.page(0, self.branch.start, (RunHeld.type_name,)):
            run: AgentRun = self.branch.known(AgentRun, recorded.stream).state
            about = run.subject == self._campaign or run.subject in self._then
            if run.held and run.agent == self._agent.name and about and _is_judged(run.trigger_type):
                yield recorded.stream

    # What happened

    def _note(self, recorded: Recorded) -> None:
        """Keep what was decided in history, to set the branch beside it."""
        event = recorded.event
        if isinstance(event, RecommendationMade) and event.campaign == self._campaign:
            self._then[recorded.stream] = event.evolve(None)
        elif recorded.stream in self._then:
            self._then[recorded.stream] = recorded.event.evolve(self._then[recorded.stream])
        elif (
            isinstance(event, DecisionMade) and event.subject == self._campaign and recorded.stream in self._judgements
        ):
            self._decided.append(Made(recorded.metadata.effective_at, recorded.stream, event))

    def _take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, RunStarted):
            self._at_run(recorded, event)
        elif recorded.stream == self._campaign:
            if not outside.is_agents_own(event):
                self._again(Campaign, recorded)
        elif isinstance(event, PerformanceRecorded) and event.campaign == self._campaign:
            self.branch.report(event)
            self.branch.keep(PerformanceLog, recorded)
        elif isinstance(event, RecommendationAccepted | RecommendationRejected) and recorded.stream in self._then:
            if outside.is_persons_word(event):
                self._again(Recommendation, recorded)
        elif recorded.stream in self._policies:
            kept = self.branch.keep(AgentPolicy, recorded)
            if isinstance(event, AgentStarted):
                self._runtime.react(self._agent, kept).result()
        else:
            self.branch.follow(recorded)

    def _again(self, kind: type[Campaign] | type[Recommendation], recorded: Recorded) -> None:
        """What came from outside happens here as well, if it can."""
        event, now = recorded.event, recorded.metadata.effective_at
        stream = recorded.stream
        try:
            if kind is Campaign:
                state: Campaign = self.branch.known(Campaign, stream).state
                events = outside.on_campaign(event, state, self.branch.spent(stream), now)
            else:
                assert isinstance(event, RecommendationAccepted | RecommendationRejected)
                stream, found = self._in_its_place(stream)
                events = outside.on_recommendation(event, found, now)
        except DomainError as error:
            self._refused.append(Refused(recorded.position, event.type_name, str(error)))
            return
        for each in events:
            self.branch.keep(kind, recorded, each, stream)

    def _in_its_place(self, of_history: UUID) -> tuple[UUID, Recommendation]:
        """What the branch recommends in the place of history's recommendation."""
        then = self._then[of_history]
        for stream, state in self._recommendations().items():
            if outside.same_place(then, state):
                return stream, state
        raise InvalidValue("recommendation", "nothing of the kind is recommended here")

    # The agent's turns

    def _at_run(self, recorded: Recorded, started: RunStarted) -> None:
        """The agent is asked where history has its run."""
        if self._runs.get(started.trigger) != recorded.stream:
            return
        del self._runs[started.trigger]
        if trigger := self._waiting.pop(started.trigger, None):
            self._react(trigger)
        elif started.trigger in self.branch.timers:
            self._runtime.wake(self.branch.timers[started.trigger])
        elif 0 < started.trigger_position <= self.branch.start:
            before = self._history.at(started.trigger_position)
            if before and (before.stream == self._campaign or before.stream in self._then):
                self._react(before)

    def _wake_what_is_due(self) -> None:
        branch = self.branch
        due = [t for t in branch.timers.values() if t.due_at <= branch.now and t.id not in branch.fired]
        for timer in sorted(due, key=lambda each: each.due_at):
            if timer.id not in self._runs:
                self._runtime.wake(timer)
                self._settle()

    def _settle(self) -> None:
        """The agent is told of what is new in the branch, now or where history has the run, until it has nothing to say."""
        while self._seen < len(self.branch.log) or self._queue:
            while self._seen < len(self.branch.log):
                recorded = self.branch.log[self._seen].recorded
                self._seen += 1
                if isinstance(recorded.event, JUDGED):
                    if recorded.metadata.event_id in self._runs:
                        self._waiting[recorded.metadata.event_id] = recorded
                    else:
                        self._queue.append(recorded)
            if self._queue:
                self._react(self._queue.popleft())

    def _react(self, at: Recorded) -> None:
        self._runtime.react(self._agent, at).result()

    # What came of it

    def _made(self) -> Iterator[Made]:
        for each in self.branch.log:
            event = each.recorded.event
            if isinstance(event, DecisionMade):
                yield Made(each.recorded.metadata.effective_at, each.recorded.stream, event)

    def _recommendations(self) -> dict[UUID, Recommendation]:
        """The branch's, those from before it included."""
        made = (e.recorded.stream for e in self.branch.log if isinstance(e.recorded.event, RecommendationMade))
        before = (each.stream for each in self.base if isinstance(each.event, RecommendationMade))
        return {stream: self.branch.known(Recommendation, stream).state for stream in (*before, *made)}

    def all_events(self) -> Iterator[Branched]:
        """The branch's events: what it begins with, then its own."""
        yield from (Branched(each, Origin.HISTORY, each.position) for each in self.base)
        yield from self.branch.log


def _is_judged(trigger_type: str) -> bool:
    return trigger_type.partition("/")[0] in _TRIGGERS
