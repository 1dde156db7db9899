"""What is asked for in all comparisons: 100 campaigns, 15 fields of each, from memory or from the database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from umt.application.queries import Row

PAGE: Final = 100

FIELDS: Final = (
    "id name status objective brandId currency score approvedBy reference version position platforms"
    " totalBudget { amount currency } reserve { amount }"
)
"""Fifteen leaves of each campaign."""

LIST: Final = f"query List($first: Int!) {{ campaigns(first: $first) {{ nodes {{ {FIELDS} }} }} }}"

_NAMESPACE: Final = UUID("b4c53a2e-6a0c-4d29-9d7c-0f2e3cf1a001")


def rows(count: int = PAGE) -> list[Row]:
    """So many campaigns as their read model has them."""
    return [_row(number) for number in range(count)]


def _row(number: int) -> Row:
    return {
        "workspace": _NAMESPACE,
        "campaign": uuid5(_NAMESPACE, f"campaign {number}"),
        "position": 1000 + number,
        "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
        "brand": uuid5(_NAMESPACE, f"brand {number % 10}"),
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
        "created_at": datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=number),
        "version": 3 + number % 7,
        "created_by": "user:x",
        "last_optimised_at": None,
        "incomplete": False,
    }
