"""What is done: real commands and events, whose fields make about 234 bytes of JSON in the library's form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final
from uuid import UUID, uuid4

import msgspec

from umt.application.commands.campaign import AllocateBudget, CreateCampaign
from umt.domain.brand import BrandCreated, BrandDescribed, Industry
from umt.domain.campaign import Allocation, Objective, Schedule
from umt.domain.event import Event
from umt.domain.money import Money
from umt.domain.platform import Platform

DESCRIPTION: Final = "Outdoor clothing of recycled fibres, repaired for life. Revision {:06}."
INDUSTRY: Final = Industry("Outdoor clothing", "NACE 14.13")
REVISIONS: Final = 5
"""How many events a row of the projection comes of."""
SCHEDULE: Final = Schedule(date(2027, 3, 1), date(2027, 5, 31), "Europe/Berlin")
BUDGET: Final = Money.parse("1000 EUR")
SHARES: Final = (
    Allocation(Platform.GOOGLE, Money.parse("600 EUR")),
    Allocation(Platform.FACEBOOK, Money.parse("350 EUR")),
)


BATCH: Final = 1_000
"""Events of a bulk append, and of a page that is read."""

Stream = tuple[UUID, int, Sequence[Event]]
"""A stream, its newest version, and the events that follow."""


class Sizes(msgspec.Struct, frozen=True):
    """How much of each thing is done in one run; rates are per second, so that sides may do different amounts."""

    commands: int = 2_000
    clients: int = 16
    appended: int = 20_000
    logged: int = 50_000
    projected: int = 20_000
    projected_by_library: int = 3_000
    stream: int = 10_000
    loads: int = 5
    seconds_visible: float = 6.0
    small_log: int = 50_000
    large_log: int = 1_000_000
    growth: bool = True


FULL: Final = Sizes()
QUICK: Final = Sizes(
    commands=60,
    appended=2_000,
    logged=2_000,
    projected=1_000,
    projected_by_library=200,
    loads=2,
    seconds_visible=0.6,
    growth=False,
)


def create_campaign(brand: UUID, number: int) -> CreateCampaign:
    return CreateCampaign(
        brand=brand,
        name=f"Spring collection {number:06}",
        objective=Objective.SALES,
        total_budget=BUDGET,
        schedule=SCHEDULE,
        platforms=(Platform.GOOGLE, Platform.FACEBOOK),
    )


def allocate_budget(campaign: UUID) -> AllocateBudget:
    return AllocateBudget(campaign=campaign, allocation=SHARES)


def brand_history(length: int, first: int = 1) -> Iterator[Event]:
    """A brand's events from its version ``first`` on: it is created, then described again and again."""
    for number in range(first, first + length):
        if number == 1:
            yield BrandCreated(f"Brand {number}", INDUSTRY, DESCRIPTION.format(number))
        else:
            yield BrandDescribed(DESCRIPTION.format(number), INDUSTRY)


def streams_of_ten(count: int) -> Iterator[list[Stream]]:
    """Batches with so many events of brands altogether, ten to a brand."""
    for size in batches(count, BATCH):
        yield [(uuid4(), 0, list(brand_history(min(10, size - done)))) for done in range(0, size, 10)]


def spread_over_brands(count: int) -> Iterator[list[Stream]]:
    """Batches with so many events altogether, each of another brand than those around it."""
    brands = [uuid4() for _ in range(count // REVISIONS)]
    for version in range(REVISIONS):
        for first in range(0, len(brands), BATCH):
            yield [(brand, version, list(brand_history(1, version + 1))) for brand in brands[first : first + BATCH]]


def batches(count: int, size: int) -> Sequence[int]:
    """The sizes of the batches that ``count`` is done in."""
    return [min(size, count - done) for done in range(0, count, size)]


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
