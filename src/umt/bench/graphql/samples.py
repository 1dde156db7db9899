"""What is asked for in all comparisons: 100 campaigns, 15 fields of each, from memory or from the database."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from umt.api.graphql.types.campaign import Campaign
from umt.application.queries import Row

PAGE: Final = 100
BRANDS: Final = 10

FIELDS: Final = (
    "id name status objective brandId currency score approvedBy reference version position platforms"
    " totalBudget { amount currency } reserve { amount }"
)
"""Fifteen leaves of each campaign."""

LIST: Final = f"query List($first: Int!) {{ campaigns(first: $first) {{ nodes {{ {FIELDS} }} }} }}"

_NAMESPACE: Final = UUID("b4c53a2e-6a0c-4d29-9d7c-0f2e3cf1a001")


def rows(count: int = PAGE, workspace: UUID = _NAMESPACE) -> list[Row]:
    """So many campaigns as their read model has them, the newest first."""
    return [_row(number, workspace) for number in range(count)]


def plain_campaigns() -> list[Campaign]:
    """The same as mere objects of the type, all made beforehand."""
    names = [each.name for each in fields(Campaign) if each.init]
    return [Campaign(**{name: getattr(each, name) for name in names}) for each in map(Campaign.of_row, rows())]


def brand_id(number: int) -> UUID:
    """The id of one of the ten brands that the campaigns are for."""
    return uuid5(_NAMESPACE, f"brand {number % BRANDS}")


def _row(number: int, workspace: UUID) -> Row:
    return {
        "workspace": workspace,
        "campaign": uuid5(_NAMESPACE, f"campaign {number}"),
        "position": 1000 + number,
        "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
        "brand": brand_id(number),
        "name": f"Spring {number}",
        "status": ("draft", "live", "paused")[number % 3],
        "objective": ("sales", "leads")[number % 2],
        "currency": "EUR",
        "total_budget": Decimal(6000 + number),
        "starts_on": date(2026, 3, 1),
        "ends_on": date(2026, 5, 31),
        "time_zone": "Europe/Berlin",
        "platforms": ["google", "facebook"],
        "allocation": {"google": "3000.00", "facebook": "2500.00"},
        "paused_platforms": [],
        "ad_sets": [],
        "styling": None,
        "audiences": [],
        "score": Decimal("0.615"),
        "platform_scores": [],
        "scored_on": None,
        "approved_by": f"user:{uuid5(_NAMESPACE, 'pat')}" if number % 3 else None,
        "reference": None,
        "created_at": datetime(2026, 2, 1, tzinfo=UTC) - timedelta(minutes=number),
        "version": 3 + number % 7,
        "created_by": "user:x",
        "last_optimised_at": None,
        "name_key": f"spring {number}",
        "total_budget_key": 1000 * (6000 + number),
        "awaits_approval": False,
        "incomplete": False,
    }
