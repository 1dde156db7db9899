"""docs/optimiser.md shows a worked example and the defaults: what it says is what the code does."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
from tests.unit.analytics.story import TODAY, given, on

from umt.domain.analytics.decision import Decision
from umt.domain.analytics.figures import DailyFigures, PlatformSnapshot, total
from umt.domain.analytics.guardrails import Guardrails
from umt.domain.analytics.scoring import REFERENCES, Reference, score
from umt.domain.platform import Platform

PAGE = (Path(__file__).parents[3] / "docs" / "optimiser.md").read_text(encoding="utf-8")


def rows(header: str) -> list[list[str]]:
    """The cells of the table of the page whose header line begins so."""
    table = PAGE[PAGE.index(header) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in table]


def platform_of(row: list[str]) -> PlatformSnapshot:
    """A platform of the example; its revenue may depend on a day's age."""
    name, allocated, spent, impressions, clicks, conversions, spend, revenue = row
    base, _, per_day_of_age = revenue.partition("+")
    slope = int(per_day_of_age.partition("×")[0] or 0)

    def day(age: int) -> DailyFigures:
        cost = 270 if (name, age) == ("linkedin", 1) else int(spend)
        income = int(base) + slope * age
        counts = (int(impressions), int(clicks), int(conversions))
        return DailyFigures(TODAY - timedelta(days=age), *counts, Decimal(cost), Decimal(income))

    money = {"allocated": Decimal(allocated), "spent": Decimal(spent)}
    return on(Platform(name), tuple(day(age) for age in range(20, 0, -1)), **money)


def rendered(decision: Decision) -> str:
    """A decision as the page writes it."""
    figures = f"score {decision.score}, confidence {decision.confidence}"
    checks = "".join(f"\n  {'met ' if each.met else 'NOT '} {each}" for each in decision.guardrails)
    return f"{decision.action.value} {decision.platform} ({figures})\n  {decision.reason}{checks}"


def test_the_worked_example_agrees_with_the_code() -> None:
    platforms = [platform_of(row) for row in rows("| platform | allocated")]
    story = given(*platforms, reserve="3000", ends_on=TODAY + timedelta(days=39)).when_optimised()
    block = re.search(r"```text\n(pause.*?)\n```", PAGE, re.DOTALL)
    assert block
    assert block[1] == "\n\n".join(map(rendered, story.decisions))


def test_the_sum_done_by_hand_agrees_with_the_code() -> None:
    google = platform_of(next(row for row in rows("| platform | allocated") if row[0] == "google"))
    found = score(total(google.days[:14]), REFERENCES[Platform.GOOGLE])
    by_hand = PAGE[PAGE.index("Google by hand") : PAGE.index("```text\npause")]
    for value in (*(part.score for part in found.parts), found.confidence, found.value):
        assert str(value) in by_hand


def test_the_guardrails_table_has_every_default() -> None:
    told = {name: Decimal(default) for name, default, *_ in rows("| guardrail | default")}
    assert told == {name: Decimal(value) for name, value in msgspec.structs.asdict(Guardrails()).items()}


def test_the_reference_table_has_every_default() -> None:
    for name, ctr, conversion_rate, *_ in rows("| reference for | CTR"):
        reference = Reference() if name == "the others" else REFERENCES[Platform(name)]
        assert reference.ctr
        assert reference.conversion_rate
        assert (reference.ctr.reference, reference.conversion_rate.reference) == (
            Decimal(ctr),
            Decimal(conversion_rate),
        )
    assert {row[0] for row in rows("| reference for | CTR")} == {*map(str, REFERENCES), "the others"}
