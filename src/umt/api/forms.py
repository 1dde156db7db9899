"""How simple values are written, on every face: what goes in is checked strictly, what comes out has one form.

What is of no such form is None or a ValueError.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from umt.domain.money import decimal_from
from umt.domain.values import MAX_COUNT

WHOLE_EXAMPLE: Final = '1250 or "1250", at most 2^53 - 1'
DECIMAL_EXAMPLE: Final = '"1250.50", as a text'
DAY_EXAMPLE: Final = '"2026-01-31"'
MOMENT_EXAMPLE: Final = '"2026-01-31T09:00:00+01:00", with an offset or Z'
IDENTIFIER_EXAMPLE: Final = '"2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"'

_WHOLE: Final = re.compile(r"-?\d{1,16}", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def whole(given: Any) -> int | None:
    """A whole number that every reader of JSON holds exactly."""
    if isinstance(given, str) and _WHOLE.fullmatch(given):
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or abs(given) > MAX_COUNT:
        return None
    return given


def decimal(given: Any) -> Decimal | None:
    """A plain decimal as a text; a whole number is taken, too. InvalidValue for a text that is none."""
    return decimal_from(given) if isinstance(given, str | int) and not isinstance(given, bool) else None


def day(given: Any) -> date | None:
    """RFC 3339 full-date."""
    return date.fromisoformat(given) if isinstance(given, str) and _DAY.fullmatch(given) else None


def moment(given: Any) -> datetime | None:
    """RFC 3339 with an offset, in UTC."""
    if not (isinstance(given, str) and _TIME.fullmatch(given)):
        return None
    return datetime.fromisoformat(given).astimezone(UTC)


def identifier(given: Any) -> UUID | None:
    """RFC 9562."""
    return UUID(given) if isinstance(given, str) and _UUID.fullmatch(given) else None


def shown_time(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
