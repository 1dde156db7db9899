"""Which days figures are asked for."""

from __future__ import annotations

from datetime import date
from typing import Final

from pydantic import Field

from umt.api.rest.pages import Reading
from umt.api.rest.shape import Day
from umt.domain.errors import InvalidValue

USUAL_DAYS: Final = 30
MOST_DAYS: Final = 366


class Period(Reading):
    """The days that are asked for."""

    since: Day | None = Field(None, description=f"First day; without it {USUAL_DAYS} days up to the last one.")
    until: Day | None = Field(
        None, description=f"Last day, included; without it today. No more than {MOST_DAYS} days at a time."
    )

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last one, or InvalidValue."""
        last = self.until or today
        first = self.since or date.fromordinal(max(last.toordinal() - USUAL_DAYS + 1, date.min.toordinal()))
        if not 0 <= (last - first).days < MOST_DAYS:
            raise InvalidValue("since", f"must be the last day or at most {MOST_DAYS - 1} days before it")
        return first, last
