"""Runs of the record, one after another, each compared with what its agent would say now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from umt.application.agents.reaction import Agent
from umt.application.agents.replay.again import Trigger
from umt.application.agents.replay.difference import Change, Difference, differences
from umt.domain.agent_run import RunMode, RunStarted
from umt.domain.recorded import Recorded, Unreadable


class RecordedRun(msgspec.Struct, frozen=True):
    """A run as it is kept: how it started, all of its stream, and what set it off (None: that is gone). ``unreadable``
    says what of it cannot be read."""

    start: Recorded
    record: Sequence[Recorded]
    trigger: Trigger | None
    unreadable: Unreadable | None = None


class Replayed(msgspec.Struct, frozen=True):
    """A run beside itself as it would go now."""

    run: UUID
    workspace: UUID
    agent: str
    mode: RunMode
    trigger_type: str
    trigger_position: int
    subject_kind: str
    subject: UUID
    position: int
    started_at: datetime
    differences: tuple[Difference, ...]

    @property
    def changed(self) -> bool:
        """Whether the agent decides otherwise now."""
        return any(each.change.of_a_decision for each in self.differences)

    @property
    def unknown(self) -> bool:
        """Whether the record does not tell all of it."""
        return any(each.change is Change.UNKNOWN for each in self.differences)


def replayed(agents: Mapping[str, Agent], runs: Iterable[RecordedRun]) -> Iterator[Replayed]:
    """Each run as it would go now, as they come."""
    for run in runs:
        start = run.start.event
        assert isinstance(start, RunStarted)
        yield Replayed(
            run=run.start.stream,
            workspace=run.start.workspace,
            agent=start.agent,
            mode=start.mode,
            trigger_type=start.trigger_type,
            trigger_position=start.trigger_position,
            subject_kind=start.subject_kind,
            subject=start.subject,
            position=run.start.position,
            started_at=run.start.metadata.effective_at,
            differences=tuple(_differences(agents, run, start)),
        )


def _differences(agents: Mapping[str, Agent], run: RecordedRun, start: RunStarted) -> Iterator[Difference]:
    if run.unreadable is None:
        yield from differences(agents.get(start.agent), run.trigger, run.record)
    elif not _was_unreadable(run):
        yield Difference(start.trigger_type, Change.UNREADABLE, note=str(run.unreadable))


def _was_unreadable(run: RecordedRun) -> bool:
    """Whether the run is about the very event that could not be read then either: it then broke off at once, with its
    trigger named by place instead of by id."""
    return run.trigger is None and all(each.event.type_name in _BROKEN_AT_ONCE for each in run.record)


_BROKEN_AT_ONCE = ("agent_run.run_started", "agent_run.run_failed")
