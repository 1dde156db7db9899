"""What holds for a campaign is its workspace's policy and its own together, never looser than either."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from umt.domain.agent_policy import APPROVAL_HOURS, RANGES, AgentPolicy, rules
from umt.domain.analytics.guardrails import Bound, Guardrails
from umt.domain.money import Money

CAMPAIGN = UUID(int=1)


def policy(**guardrails: str) -> AgentPolicy:
    return AgentPolicy(guardrails={name: Decimal(value) for name, value in guardrails.items()})


def test_without_a_policy_the_products_limits_hold() -> None:
    assert rules(None, None).guardrails == Guardrails()


def test_a_workspace_may_widen_what_the_product_has() -> None:
    assert rules(policy(envelope="0.9", cooldown_days="3"), None).guardrails.envelope == Decimal("0.9")


@pytest.mark.parametrize("name", RANGES)
def test_a_campaign_alone_widens_nothing(name: str) -> None:
    of = RANGES[name]
    loosest = of.lowest if of.bound is Bound.AT_LEAST else of.highest
    assert rules(None, policy(**{name: str(loosest)})).guardrails == Guardrails()


@pytest.mark.parametrize(("set_for_it", "holds"), [("0.1", "0.1"), ("0.8", "0.3")], ids=["stricter", "looser"])
def test_of_both_limits_the_stricter_holds(set_for_it: str, holds: str) -> None:
    assert rules(policy(envelope="0.3"), policy(envelope=set_for_it)).guardrails.envelope == Decimal(holds)


def test_a_limit_of_a_later_version_is_not_ours_to_keep() -> None:
    assert rules(policy(of_tomorrow="1"), policy(of_tomorrow="2")).guardrails == Guardrails()


def test_either_says_dry_run() -> None:
    dry = AgentPolicy(dry_run=True)
    assert [rules(*both).dry_run for both in ((dry, None), (None, dry), (dry, policy()), (None, None))] == [
        True,
        True,
        True,
        False,
    ]


def test_above_either_threshold_a_person_is_asked() -> None:
    above, below = AgentPolicy(thresholds=(Money.parse("500 EUR"),)), AgentPolicy(thresholds=(Money.parse("20 EUR"),))
    both = rules(above, below)
    assert [both.needs_approval(Money.parse(amount)) for amount in ("20 EUR", "21 EUR", "1 USD")] == [False, True, True]
    assert not rules(None, None).needs_approval(Money.parse("1000000 EUR"))


def test_a_policy_that_says_nothing_of_approval_leaves_how_long_it_is_waited_for() -> None:
    longer = AgentPolicy(thresholds=(Money.parse("1 EUR"),), approval_hours=200)
    assert rules(longer, AgentPolicy(dry_run=True)).approval_hours == 200
    assert rules(longer, AgentPolicy(approval_hours=24)).approval_hours == 24
    assert rules(None, None).approval_hours == APPROVAL_HOURS
