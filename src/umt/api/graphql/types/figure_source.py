"""How current a campaign's figures are: what is shown while a platform does not answer is the last known, marked with its age."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import strawberry

from umt.api.graphql.enums import BreakerState, Platform
from umt.api.graphql.request import Request
from umt.api.graphql.scalars import Long
from umt.application import breakers as services

CURRENT_FOR: Final = timedelta(hours=36)
"""Figures are collected once a day; older ones than this missed a collection."""
_SERVICES: Final = {
    Platform.FACEBOOK.value: services.META,
    Platform.INSTAGRAM.value: services.META,
    Platform.GOOGLE.value: services.GOOGLE,
    Platform.LINKEDIN.value: services.LINKEDIN,
}


@strawberry.type(description="How current the figures of one platform are.")
class FigureSource:
    platform: Platform = strawberry.field(description="The platform.")
    collected_at: datetime | None = strawberry.field(
        description="When figures were last collected from the account, by the business's clock; null if they never were."
    )
    age_seconds: Long | None = strawberry.field(
        description="How long ago that was, in seconds; null if they never were collected."
    )
    is_current: bool = strawberry.field(
        description="Whether that was in the last 36 hours; they are collected once a day."
    )
    service: BreakerState | None = strawberry.field(
        description="Whether calls to the platform go through; null for one that is never called."
    )
    says: str = strawberry.field(description="The same in a sentence, for people.")


async def figure_sources(request: Request, campaigns: Sequence[UUID]) -> list[list[FigureSource]]:
    """Of each campaign, its platforms by name."""
    caller, queries = await request.caller(), request.services.queries
    ids = list(dict.fromkeys(campaigns))
    rows = await queries.many(
        caller,
        "campaign_platforms",
        where={"campaign": ids},
        order=("campaign", "platform"),
        limit=len(ids) * len(Platform),
        at_least=request.at_least,
    )
    states = {each.service: each.state for each in await queries.breakers(caller)} if rows else {}
    now = request.services.clock.now()
    found: dict[UUID, list[FigureSource]] = defaultdict(list)
    for row in rows:
        service = _SERVICES.get(row["platform"])
        state = states.get(service) if service else None
        found[row["campaign"]].append(_source(Platform(row["platform"]), row["last_synced_at"], state, now))
    return [found[campaign] for campaign in campaigns]


def _source(
    platform: Platform, collected_at: datetime | None, state: services.State | None, now: datetime
) -> FigureSource:
    age = None if collected_at is None else max(now - collected_at, timedelta())
    return FigureSource(
        platform=platform,
        collected_at=collected_at,
        age_seconds=None if age is None else Long(int(age.total_seconds())),
        is_current=age is not None and age <= CURRENT_FOR,
        service=None if state is None else BreakerState(state),
        says=_sentence(age, state),
    )


def _sentence(age: timedelta | None, state: services.State | None) -> str:
    known = "No figures were collected yet" if age is None else f"The figures are {_long(age)} old"
    if state is services.State.OPEN:
        return f"{known}; the platform failed too often lately and is left alone for a while."
    if age is not None and age > CURRENT_FOR:
        return f"{known}: the last collection did not succeed."
    return f"{known}."


def _long(age: timedelta) -> str:
    hours = int(age.total_seconds()) // 3600
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours" if hours else "less than an hour"
