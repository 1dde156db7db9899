"""Which items of lists are asked for. Conditions that are left out, or null, let everything through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, Protocol
from uuid import UUID

import strawberry

from umt.api.graphql.enums import (
    CampaignStatus,
    ContentStatus,
    Format,
    IntegrationStatus,
    InvitationStatus,
    Objective,
    Platform,
    RecommendationState,
    Role,
    RunStatus,
    SecurityEventKind,
)
from umt.api.graphql.plain import plain
from umt.api.graphql.scalars import Currency
from umt.application.lists import Between, Containing, HavingAny, Known
from umt.domain.errors import InvalidValue
from umt.domain.values import unique_key

WHICH: Final = strawberry.argument(description="Which of them; all if left out.")

_MOST: Final = 100
_LONGEST: Final = 200


@strawberry.input(description="A range of days. An end that is left out is open.")
class DateRange:
    since: date | None = strawberry.field(description="The first day.", default=None)
    until: date | None = strawberry.field(description="The last day, included.", default=None)


@strawberry.input(description="A range of time. An end that is left out is open.")
class DateTimeRange:
    since: datetime | None = strawberry.field(description="Its beginning, included.", default=None)
    until: datetime | None = strawberry.field(description="Its end, not included.", default=None)


@strawberry.input(description="Which brands.")
class BrandFilter:
    archived: bool | None = strawberry.field(
        description="Only those that were put away, or none of them.", default=None
    )
    name_contains: str | None = strawberry.field(
        description="Only those with this in their name, whatever its case.", default=None
    )
    created_at: DateTimeRange | None = strawberry.field(description="Only those set up in this time.", default=None)

    def where(self) -> dict[str, Any]:
        return {
            "archived": self.archived,
            "name_key": _containing(self.name_contains, "nameContains"),
            "created_at": _moments(self.created_at),
        }


@strawberry.input(description="Which contents.")
class ContentFilter:
    brands: list[UUID] | None = strawberry.field(description="Only those of one of these brands.", default=None)
    statuses: list[ContentStatus] | None = strawberry.field(
        description="Only those in one of these statuses.", default=None
    )
    awaits_approval: bool | None = strawberry.field(
        description="Only those whose chosen proposal waits for approval, or none of them.", default=None
    )
    formats: list[Format] | None = strawberry.field(description="Only those of one of these formats.", default=None)
    title_contains: str | None = strawberry.field(
        description="Only those with this in their working title, whatever its case.", default=None
    )
    created_at: DateTimeRange | None = strawberry.field(description="Only those asked for in this time.", default=None)
    published_at: DateTimeRange | None = strawberry.field(
        description="Only those first published in this time.", default=None
    )

    def where(self) -> dict[str, Any]:
        return {
            "brand": _one_of(self.brands, "brands"),
            "status": self._statuses(),
            "format": _one_of(self.formats, "formats"),
            "title_key": _containing(self.title_contains, "titleContains"),
            "created_at": _moments(self.created_at),
            "published_at": _moments(self.published_at),
        }

    def _statuses(self) -> tuple[Any, ...] | None:
        statuses = _one_of(self.statuses, "statuses")
        if self.awaits_approval is None:
            return statuses
        every = statuses if statuses is not None else tuple(status.value for status in ContentStatus)
        return tuple(status for status in every if (status == ContentStatus.SELECTED) is self.awaits_approval)


@strawberry.input(description="Which templates.")
class TemplateFilter:
    formats: list[Format] | None = strawberry.field(description="Only those for one of these formats.", default=None)
    retired: bool | None = strawberry.field(
        description="Only those that are used no more, or none of them.", default=None
    )
    name_contains: str | None = strawberry.field(
        description="Only those with this in their name, whatever its case.", default=None
    )

    def where(self) -> dict[str, Any]:
        return {
            "format": _one_of(self.formats, "formats"),
            "retired": self.retired,
            "name_key": _containing(self.name_contains, "nameContains"),
        }


@strawberry.input(description="Which campaigns.")
class CampaignFilter:
    brands: list[UUID] | None = strawberry.field(description="Only those for one of these brands.", default=None)
    statuses: list[CampaignStatus] | None = strawberry.field(
        description="Only those in one of these statuses.", default=None
    )
    awaits_approval: bool | None = strawberry.field(
        description="Only drafts that could be launched as they stand but for the approval, or none of them.",
        default=None,
    )
    objectives: list[Objective] | None = strawberry.field(
        description="Only those with one of these objectives.", default=None
    )
    platforms: list[Platform] | None = strawberry.field(
        description="Only those that may run on one of these platforms.", default=None
    )
    currencies: list[Currency] | None = strawberry.field(
        description="Only those in one of these currencies (ISO 4217).", default=None
    )
    name_contains: str | None = strawberry.field(
        description="Only those with this in their name, whatever its case.", default=None
    )
    starts_on: DateRange | None = strawberry.field(
        description="Only those whose first day is one of these.", default=None
    )
    ends_on: DateRange | None = strawberry.field(description="Only those whose last day is one of these.", default=None)
    created_at: DateTimeRange | None = strawberry.field(description="Only those set up in this time.", default=None)

    def where(self) -> dict[str, Any]:
        platforms = _one_of(self.platforms, "platforms")
        return {
            "brand": _one_of(self.brands, "brands"),
            "status": _one_of(self.statuses, "statuses"),
            "awaits_approval": self.awaits_approval,
            "objective": _one_of(self.objectives, "objectives"),
            "platforms": None if platforms is None else HavingAny(platforms),
            "currency": _one_of(self.currencies, "currencies"),
            "name_key": _containing(self.name_contains, "nameContains"),
            "starts_on": _days(self.starts_on),
            "ends_on": _days(self.ends_on),
            "created_at": _moments(self.created_at),
        }


@strawberry.input(description="Which connections.")
class IntegrationFilter:
    platforms: list[Platform] | None = strawberry.field(
        description="Only those to one of these platforms.", default=None
    )
    statuses: list[IntegrationStatus] | None = strawberry.field(
        description="Only those in one of these statuses.", default=None
    )
    created_at: DateTimeRange | None = strawberry.field(description="Only those asked for in this time.", default=None)

    def where(self) -> dict[str, Any]:
        return {
            "platform": _one_of(self.platforms, "platforms"),
            "status": _one_of(self.statuses, "statuses"),
            "created_at": _moments(self.created_at),
        }


@strawberry.input(description="Which reactions of agents.")
class AgentRunFilter:
    subjects: list[UUID] | None = strawberry.field(description="Only those about one of these things.", default=None)
    agents: list[str] | None = strawberry.field(
        description="Only those of one of these agents, e.g. content-ads.", default=None
    )
    statuses: list[RunStatus] | None = strawberry.field(
        description="Only those in one of these statuses.", default=None
    )
    started_at: DateTimeRange | None = strawberry.field(description="Only those begun in this time.", default=None)

    def where(self) -> dict[str, Any]:
        return {
            "subject": _one_of(self.subjects, "subjects"),
            "agent": _one_of(self.agents, "agents"),
            "status": _one_of(self.statuses, "statuses"),
            "started_at": _moments(self.started_at),
        }


@strawberry.input(description="Which decisions of agents.")
class AgentDecisionFilter:
    subjects: list[UUID] | None = strawberry.field(description="Only those about one of these things.", default=None)
    agents: list[str] | None = strawberry.field(
        description="Only those of one of these agents, e.g. content-ads.", default=None
    )
    actions: list[str] | None = strawberry.field(
        description="Only those to take one of these actions, e.g. reallocate.", default=None
    )
    decided_at: DateTimeRange | None = strawberry.field(description="Only those made in this time.", default=None)

    def where(self) -> dict[str, Any]:
        return {
            "subject": _one_of(self.subjects, "subjects"),
            "agent": _one_of(self.agents, "agents"),
            "action": _one_of(self.actions, "actions"),
            "decided_at": _moments(self.decided_at),
        }


@strawberry.input(description="Which recommendations.")
class RecommendationFilter(AgentDecisionFilter):
    states: list[RecommendationState] | None = strawberry.field(
        description="Only those of which one of these has come.", default=None
    )

    def where(self) -> dict[str, Any]:
        return {**AgentDecisionFilter.where(self), "state": _one_of(self.states, "states")}


@strawberry.input(description="Which dead letters.")
class DeadLetterFilter:
    projections: list[str] | None = strawberry.field(
        description="Only those of one of these read models, by name.", default=None
    )

    def where(self) -> dict[str, Any]:
        return {"projection": _one_of(self.projections, "projections")}


@strawberry.input(description="Which invitations.")
class InvitationFilter:
    statuses: list[InvitationStatus] | None = strawberry.field(
        description="Only those in one of these statuses.", default=None
    )
    roles: list[Role] | None = strawberry.field(description="Only those to one of these roles.", default=None)
    created_at: DateTimeRange | None = strawberry.field(description="Only those sent in this time.", default=None)

    def where(self) -> dict[str, Any]:
        return {
            "status": _one_of(self.statuses, "statuses"),
            "role": _one_of(self.roles, "roles"),
            "created_at": _moments(self.created_at),
        }


@strawberry.input(description="Which API keys.")
class ApiKeyFilter:
    holders: list[UUID] | None = strawberry.field(description="Only those of one of these members.", default=None)
    revoked: bool | None = strawberry.field(description="Only those that were revoked, or none of them.", default=None)
    expires_at: DateTimeRange | None = strawberry.field(description="Only those that end in this time.", default=None)

    def where(self) -> dict[str, Any]:
        return {
            "holder": _one_of(self.holders, "holders"),
            "revoked_at": None if self.revoked is None else Known(self.revoked),
            "expires_at": _moments(self.expires_at),
        }


@strawberry.input(description="Which security events.")
class SecurityEventFilter:
    kind: SecurityEventKind | None = strawberry.field(description="Only those of this kind.", default=None)
    actor: str | None = strawberry.field(
        description="Only what this actor did, as `user:<id>` or `api_key:<id>`.", default=None
    )
    first_at: DateTimeRange | None = strawberry.field(
        description="Only what first happened in this time.", default=None
    )


class Filter(Protocol):
    """An input that says which."""

    def where(self) -> dict[str, Any]: ...


def where(given: Filter | None) -> Mapping[str, Any]:
    """What the columns must hold."""
    return given.where() if given else {}


def _one_of(values: Sequence[Any] | None, name: str) -> tuple[Any, ...] | None:
    if values is None:
        return None
    if len(values) > _MOST:
        raise InvalidValue(f"filter.{name}", f"may have at most {_MOST} values")
    return tuple(
        each.value if isinstance(each, Enum) else plain(each, f"filter.{name}.{number}")
        for number, each in enumerate(values)
    )


def _containing(part: str | None, name: str) -> Containing | None:
    if part is None:
        return None
    if len(part) > _LONGEST:
        raise InvalidValue(f"filter.{name}", f"may have at most {_LONGEST} characters")
    return Containing(unique_key(plain(part, f"filter.{name}")))


def _days(days: DateRange | None) -> Between | None:
    return Between(days.since, days.until) if days else None


def _moments(time: DateTimeRange | None) -> Between | None:
    return Between(time.since, time.until, last_included=False) if time else None
