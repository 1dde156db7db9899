"""Circuit breakers of outside services."""

from __future__ import annotations

from datetime import datetime

import strawberry

from umt.api.graphql.enums import BreakerState, ErrorClass
from umt.api.graphql.scalars import Long
from umt.api.graphql.seen import shown
from umt.application.breakers import BreakerStatus, StateChange


@strawberry.type(description="A change of a circuit breaker's state.")
class BreakerChange:
    at: datetime = strawberry.field(description="When, by the database's clock.")
    was: BreakerState = strawberry.field(description="The state before.")
    became: BreakerState = strawberry.field(description="The state after.")
    reason: str = strawberry.field(description="Why.")

    @classmethod
    def of(cls, change: StateChange) -> BreakerChange:
        return shown(change, cls)


@strawberry.type(
    description="Whether an outside service is called or left alone, after failures, for all workers alike."
)
class Breaker:
    service: str = strawberry.field(
        description="meta, google, linkedin, language-model, or `cms:` and a site's origin, like cms:https://example.com."
    )
    state: BreakerState = strawberry.field(description="Whether calls go through.")
    consecutive_failures: int = strawberry.field(
        description="Failures in a row: no connection, no answer in time, an answer that cannot be read, a status from 500 on."
    )
    opened_at: datetime | None = strawberry.field(
        description="Since when it is left alone, by the database's clock; null while closed."
    )
    next_probe_at: datetime | None = strawberry.field(
        description="When a call may probe whether it is back; half-open: when the one that does is taken for dead. Null while "
        "closed."
    )
    last_error_class: ErrorClass | None = strawberry.field(
        description="What kind of failure the last one was; null if there was none lately."
    )
    answered: Long = strawberry.field(
        description="Calls that were answered, be it by a refusal or a rate limit; up to a second behind, as the next two."
    )
    failed: Long = strawberry.field(description="Calls that failed.")
    refused: Long = strawberry.field(description="Calls that were not sent, since it was left alone.")
    changes: list[BreakerChange] = strawberry.field(description="The newest 50 changes of its state, newest first.")

    @classmethod
    def of(cls, status: BreakerStatus) -> Breaker:
        return shown(
            status,
            cls,
            answered=Long(status.answered),
            failed=Long(status.failed),
            refused=Long(status.refused),
            changes=[BreakerChange.of(each) for each in status.changes],
        )
