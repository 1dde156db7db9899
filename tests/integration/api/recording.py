"""What agents record, put into the log without them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from tests.integration.api.client import Caller

from umt.application.transaction import Context, Transaction
from umt.bootstrap import System
from umt.domain.agent_run import AgentRun, DecisionMade, Evidence, Guardrail, RunStarted
from umt.domain.analytics.decision import Action
from umt.domain.analytics.expectation import Change, Effect
from umt.domain.event import Aggregate, Event
from umt.domain.platform import Platform
from umt.domain.recommendation import RecommendationMade
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


def recommended(run: UUID, campaign: str | UUID, **given: Any) -> RecommendationMade:
    """A pause of Google that waits for a person."""
    return RecommendationMade(
        **{
            "run": run,
            "agent": "content-ads",
            "campaign": UUID(str(campaign)),
            "change": Change(action=Action.PAUSE, platform=Platform.GOOGLE),
            "reason": "It brings nothing.",
            "rule": "pause_below",
            "score": Decimal("0.2"),
            "confidence": Decimal("0.8"),
            "evidence": (Evidence("clicks", "1000"),),
            "guardrails": (Guardrail("Settled days", "at least 7 days", "9", True),),
            "expected": Effect(
                spend=Decimal(-100), outcome=Decimal(-2), outcome_unit="conversions", currency="EUR", days=7
            ),
            "asked_by": "agent:content-ads",
            "on": date(2026, 1, 10),
            "expires_at": datetime.now(UTC) + timedelta(hours=72),
            **given,
        }
    )


def decided(subject: str | UUID, action: str = "reallocate", kind: str = "campaign") -> DecisionMade:
    return DecisionMade(action, kind, UUID(str(subject)), f"why {action}", "rule")
