"""What an agent sees, recorded as it is seen; and the same again from the record."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from umt.application.commands.agents import rules_of
from umt.application.ports import PastPerformance
from umt.application.transaction import Transaction
from umt.domain.agent_policy import Rules
from umt.domain.agent_run import Fact
from umt.domain.analytics.figures import DailyFigures
from umt.domain.errors import NotFound
from umt.domain.event import Aggregate
from umt.domain.platform import Platform

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")


class RecordingFacts:
    """Answers from a transaction and keeps every answer."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.workspace, self.now = tx.context.workspace, tx.now
        self._seen: dict[str, str] = {}

    @property
    def seen(self) -> tuple[Fact, ...]:
        return tuple(Fact(key, value) for key, value in self._seen.items())

    def find(self, kind: type[A], identifier: UUID) -> A | None:
        return self._keep(f"{kind.kind}/{identifier}", self._tx.load(kind, identifier))

    def get(self, kind: type[A], identifier: UUID) -> A:
        return _required(self.find(kind, identifier), kind, identifier)

    def days(self, campaign: UUID) -> dict[Platform, tuple[DailyFigures, ...]]:
        return self._keep(f"days/{campaign}", self._tx.days(campaign))

    def spent(self, campaign: UUID) -> dict[Platform, Decimal]:
        return self._keep(f"spent/{campaign}", self._tx.spent(campaign))

    def past_performance(self, brand: UUID) -> tuple[PastPerformance, ...]:
        return self._keep(f"past_performance/{brand}", self._tx.past_performance(brand))

    def integration_of(self, platform: Platform) -> UUID | None:
        return self._keep(f"integration_of/{platform}", self._tx.integration_of(platform))

    def rules(self, campaign: UUID) -> Rules:
        return self._keep(f"rules/{campaign}", rules_of(self._tx, campaign))

    def _keep(self, key: str, answer: T) -> T:
        self._seen[key] = msgspec.json.encode(answer, order="sorted").decode()
        return answer


class NotRecorded(LookupError):
    """The agent looks at what it did not look at then."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"the run did not look at {key}; its agent has changed since")


class UnreadableFact(ValueError):
    """What the agent saw then is no value of today's types."""


class RecordedFacts:
    """Answers from a run's record; asking for what was not seen then is `NotRecorded`."""

    def __init__(self, facts: dict[str, str], workspace: UUID, now: datetime) -> None:
        self._facts = facts
        self.workspace, self.now = workspace, now

    def find(self, kind: type[A], identifier: UUID) -> A | None:
        return self._seen(f"{kind.kind}/{identifier}", kind | None)  # type: ignore[no-any-return]

    def get(self, kind: type[A], identifier: UUID) -> A:
        return _required(self.find(kind, identifier), kind, identifier)

    def days(self, campaign: UUID) -> dict[Platform, tuple[DailyFigures, ...]]:
        return self._seen(f"days/{campaign}", dict[Platform, tuple[DailyFigures, ...]])  # type: ignore[no-any-return]

    def spent(self, campaign: UUID) -> dict[Platform, Decimal]:
        return self._seen(f"spent/{campaign}", dict[Platform, Decimal])  # type: ignore[no-any-return]

    def past_performance(self, brand: UUID) -> tuple[PastPerformance, ...]:
        return self._seen(f"past_performance/{brand}", tuple[PastPerformance, ...])  # type: ignore[no-any-return]

    def integration_of(self, platform: Platform) -> UUID | None:
        return self._seen(f"integration_of/{platform}", UUID | None)  # type: ignore[no-any-return]

    def rules(self, campaign: UUID) -> Rules:
        return self._seen(f"rules/{campaign}", Rules)  # type: ignore[no-any-return]

    def _seen(self, key: str, kind: Any) -> Any:
        if key not in self._facts:
            raise NotRecorded(key)
        try:
            return msgspec.json.decode(self._facts[key], type=kind)
        except msgspec.DecodeError as error:
            raise UnreadableFact(f"what it saw of {key} then cannot be read any more: {error}") from error


def _required(state: A | None, kind: type[A], identifier: UUID) -> A:
    if state is None:
        raise NotFound(kind.kind, identifier)
    return state
