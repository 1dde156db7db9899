"""Each guardrail, just met and just not."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.unit.analytics.story import TODAY, campaign, days, on

from umt.domain.analytics.figures import PlatformSnapshot, Totals
from umt.domain.analytics.guardrails import Change, Guardrails, check, proposed_amount, unmet
from umt.domain.platform import Platform

GOOGLE = on(Platform.GOOGLE, days(28))
FACEBOOK = on(Platform.FACEBOOK, days(28))
ENOUGH = Totals(days=14, clicks=4_200, spend=Decimal(1_400))


def a_change(judged: PlatformSnapshot = GOOGLE, target: PlatformSnapshot | None = None, **fields: Any) -> Change:
    """A change of the platform, with the amount that the guardrails propose if money moves."""
    of_change = {"totals", "clicks"}
    others = [each for each in (target, FACEBOOK) if each and each.platform is not judged.platform][:1]
    change = Change(
        campaign=campaign(judged, *others, **{k: v for k, v in fields.items() if k not in of_change}),
        today=TODAY,
        judged=judged,
        target=target,
        totals=fields.get("totals", ENOUGH),
        clicks=fields.get("clicks", 4_200),
    )
    amount = proposed_amount(change, Guardrails()) if target else None
    return msgspec.structs.replace(change, amount=amount)


def names(change: Change) -> list[str]:
    """The guardrails that are not met."""
    return [each.name for each in unmet(check(change, Guardrails()))]


def ago(number: int) -> Any:
    return TODAY - timedelta(days=number)


@pytest.mark.parametrize(
    ("change", "not_met"),
    [
        (a_change(), []),
        (a_change(totals=msgspec.structs.replace(ENOUGH, days=7)), []),
        (a_change(totals=msgspec.structs.replace(ENOUGH, days=6)), ["Settled days"]),
        (a_change(totals=msgspec.structs.replace(ENOUGH, spend=Decimal(500))), []),
        (a_change(totals=msgspec.structs.replace(ENOUGH, spend=Decimal("499.99"))), ["Settled spend"]),
        (a_change(clicks=100), []),
        (a_change(clicks=99), ["Clicks seen or expected"]),
        (a_change(on(Platform.GOOGLE, days(28)[:-2])), []),
        (a_change(on(Platform.GOOGLE, days(28)[:-3])), ["Age of the newest figures"]),
        (a_change(on(Platform.GOOGLE, days(28), last_changed=ago(7))), []),
        (a_change(on(Platform.GOOGLE, days(28), last_changed=ago(6))), ["Days since Google was changed"]),
        (a_change(ends_on=TODAY), []),
        (a_change(ends_on=ago(1)), ["Days left in the campaign"]),
    ],
)
def test_a_verdict_needs_enough_recent_data_and_some_peace(change: Change, not_met: list[str]) -> None:
    assert names(change) == not_met


def test_the_last_active_platform_is_never_paused() -> None:
    alone = a_change()
    alone = msgspec.structs.replace(alone, campaign=campaign(GOOGLE, on(Platform.FACEBOOK, active=False)))
    assert names(alone) == ["Active platforms left"]


def less(source: PlatformSnapshot = GOOGLE, **changed: Any) -> PlatformSnapshot:
    return msgspec.structs.replace(source, **{key: Decimal(value) for key, value in changed.items()})


@pytest.mark.parametrize(
    ("change", "amount"),
    [
        (a_change(GOOGLE, GOOGLE), "2000.00"),
        (a_change(GOOGLE, GOOGLE, reserve="300.123"), "300.12"),
        (a_change(GOOGLE, GOOGLE, moved_today=Decimal(1_500)), "1000.00"),
        (a_change(GOOGLE, GOOGLE, ends_on=TODAY + timedelta(days=38)), "600.00"),
        (a_change(GOOGLE, FACEBOOK), "2000.00"),
        (a_change(GOOGLE, less(FACEBOOK, allocated=4_000)), "800.00"),
        (a_change(less(allocated=3_000, spent=2_700), FACEBOOK), "200.00"),
    ],
)
def test_the_amount_is_the_most_that_every_limit_allows(change: Change, amount: str) -> None:
    assert change.amount == Decimal(amount)
    assert names(change) == []


@pytest.mark.parametrize(
    ("change", "not_met"),
    [
        (a_change(GOOGLE, GOOGLE, reserve="0"), ["Reserve"]),
        (a_change(GOOGLE, GOOGLE, moved_today=Decimal(2_400)), ["Largest step of the campaign today"]),
        (a_change(GOOGLE, GOOGLE, moved_by_agents=Decimal(12_400)), ["What agents may still move in all"]),
        (a_change(GOOGLE, GOOGLE, ends_on=TODAY + timedelta(days=30)), ["What Google can still spend"]),
        (
            a_change(less(allocated=3_000, spent=2_900), FACEBOOK),
            ["Unspent money of Google without a day's pace"],
        ),
        (a_change(GOOGLE, less(FACEBOOK, allocated=100, spent=50)), ["Largest step of Facebook"]),
    ],
)
def test_a_limit_below_the_smallest_move_is_named(change: Change, not_met: list[str]) -> None:
    assert names(change) == not_met


def test_a_check_reads_as_a_sentence() -> None:
    (stopped,) = unmet(check(a_change(clicks=99), Guardrails()))
    assert str(stopped) == "Clicks seen or expected: at least 100 clicks, observed 99"
