"""How lists are sorted. What has no value by which a list is sorted comes before what has one."""

from __future__ import annotations

from enum import Enum
from typing import Final, Protocol

import strawberry
from strawberry import enum_value as value

from umt.api.graphql.pages import Listed
from umt.application.lists import Order


@strawberry.enum(description="Which way a list is sorted.")
class OrderDirection(Enum):
    """Which way."""

    ASC = value("asc", description="From the first to the last, from the least to the greatest, from a to z.")
    DESC = value("desc", description="The other way round.")


class _Sorted(Protocol):
    """An input that says how."""

    direction: OrderDirection

    @property
    def field(self) -> Enum:
        """Its value is the column."""
        ...


NEWEST_FIRST: Final = strawberry.argument(description="In which order; the newest first if left out.")
OLDEST_FIRST: Final = strawberry.argument(description="In which order; the oldest first if left out.")


def listed(
    name: str,
    key: tuple[str, ...],
    order: _Sorted | None,
    otherwise: Order = Order(("created_at",), descending=True),  # noqa: B008 - a constant
) -> Listed:
    """The list in the order that is asked for; what is alike there is told apart by its key."""
    if order is not None:
        otherwise = Order((order.field.value,), descending=order.direction is OrderDirection.DESC)
    return Listed(name, Order((*otherwise.columns, *key), otherwise.descending))


@strawberry.enum(description="By what brands are sorted.")
class BrandOrderField(Enum):
    """By what."""

    CREATED_AT = value("created_at", description="When it was set up.")
    UPDATED_AT = value("position", description="When it last changed.")
    NAME = value("name_key", description="Its name, whatever its case.")


@strawberry.input(description="How brands are sorted.")
class BrandOrder:
    field: BrandOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")


@strawberry.enum(description="By what contents are sorted.")
class ContentOrderField(Enum):
    """By what."""

    CREATED_AT = value("created_at", description="When it was asked for.")
    UPDATED_AT = value("position", description="When it last changed.")
    TITLE = value("title_key", description="Its working title, whatever its case.")
    PUBLISHED_AT = value("published_at", description="When its first channel published it.")


@strawberry.input(description="How contents are sorted.")
class ContentOrder:
    field: ContentOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")


@strawberry.enum(description="By what templates are sorted.")
class TemplateOrderField(Enum):
    """By what."""

    CREATED_AT = value("created_at", description="When it was written.")
    UPDATED_AT = value("position", description="When it last changed.")
    NAME = value("name_key", description="Its name, whatever its case.")


@strawberry.input(description="How templates are sorted.")
class TemplateOrder:
    field: TemplateOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")


@strawberry.enum(description="By what campaigns are sorted.")
class CampaignOrderField(Enum):
    """By what."""

    CREATED_AT = value("created_at", description="When it was set up.")
    UPDATED_AT = value("position", description="When it last changed.")
    NAME = value("name_key", description="Its name, whatever its case.")
    STARTS_ON = value("starts_on", description="Its first day.")
    ENDS_ON = value("ends_on", description="Its last day.")
    TOTAL_BUDGET = value("total_budget_key", description="The amount of its total budget, whatever the currency.")


@strawberry.input(description="How campaigns are sorted.")
class CampaignOrder:
    field: CampaignOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")


@strawberry.enum(description="By what connections are sorted.")
class IntegrationOrderField(Enum):
    """By what."""

    CREATED_AT = value("created_at", description="When it was asked for.")
    SYNCED_AT = value("synced_at", description="When figures were last collected.")


@strawberry.input(description="How connections are sorted.")
class IntegrationOrder:
    field: IntegrationOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")


@strawberry.enum(description="By what agents' reactions are sorted.")
class AgentRunOrderField(Enum):
    """By what."""

    STARTED_AT = value("started_at", description="When it began.")
    UPDATED_AT = value("position", description="When it last changed.")


@strawberry.input(description="How agents' reactions are sorted.")
class AgentRunOrder:
    field: AgentRunOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")


@strawberry.enum(description="By what agents' decisions are sorted.")
class AgentDecisionOrderField(Enum):
    """By what."""

    DECIDED_AT = value("decided_at", description="When it was made, by the business's clock.")
    RECORDED_AT = value("position", description="Its place in the log.")


@strawberry.input(description="How agents' decisions are sorted.")
class AgentDecisionOrder:
    field: AgentDecisionOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")


@strawberry.enum(description="By what recommendations are sorted.")
class RecommendationOrderField(Enum):
    """By what."""

    DECIDED_AT = value("decided_at", description="When it was made, by the business's clock.")


@strawberry.input(description="How recommendations are sorted.")
class RecommendationOrder:
    field: RecommendationOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")


@strawberry.enum(description="By what invitations are sorted.")
class InvitationOrderField(Enum):
    """By what."""

    CREATED_AT = value("created_at", description="When the person was invited.")
    EXPIRES_AT = value("expires_at", description="Until when it can be accepted.")


@strawberry.input(description="How invitations are sorted.")
class InvitationOrder:
    field: InvitationOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")


@strawberry.enum(description="By what API keys are sorted.")
class ApiKeyOrderField(Enum):
    """By what."""

    CREATED_AT = value("created_at", description="When it was made.")
    EXPIRES_AT = value("expires_at", description="Until when it can be used.")
    LAST_USED_AT = value("last_used_at", description="When it was last used.")


@strawberry.input(description="How API keys are sorted.")
class ApiKeyOrder:
    field: ApiKeyOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")
