"""What agents record, put into the log without them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from tests.integration.api.client import Caller

from umt.application.transaction import Context, Transaction
from umt.bootstrap import System
from umt.domain.agent_run import AgentRun, DecisionMade, RunStarted
from umt.domain.event import Aggregate, Event
from umt.domain.recorded import Actor, ActorKind

AGENT = Actor(ActorKind.AGENT, "content-ads")


def recorded(wired: System, caller: Caller, kind: type[Aggregate], *of: tuple[UUID, Sequence[Event]]) -> str:
    """Append to streams of a kind; the position afterwards."""

    def record(transaction: Transaction) -> None:
        for stream, events in of:
            transaction.record(kind, stream, *events)

    wired.writer.run(Context(workspace=caller.workspace, actor=AGENT), record).result()
    position: str = caller.asks("{ agentActivity { position } }")["agentActivity"]["position"]
    return position


def runs(wired: System, caller: Caller, *of: tuple[UUID, Sequence[Event]]) -> str:
    """Append to runs; the position afterwards."""
    return recorded(wired, caller, AgentRun, *of)


def started(subject: str | UUID, kind: str = "campaign") -> RunStarted:
    return RunStarted("content-ads", uuid4(), "campaign.launched", 1, kind, UUID(str(subject)))


def decided(subject: str | UUID, action: str = "reallocate", kind: str = "campaign") -> DecisionMade:
    return DecisionMade(action, kind, UUID(str(subject)), f"why {action}", "rule")
