"""The campaign flow: brand applied, ads created, figures collected by timer, budgets optimised within guardrails."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from tests.integration.agents.conftest import Marketer, Outside
from tests.integration.agents.test_content import approved, connect_blog, drafted

from umt.application.agents import AGENTS
from umt.application.agents.reaction import Wake
from umt.application.agents.replay import replay
from umt.application.commands.campaign import (
    AddAdSet,
    AllocateBudget,
    ApproveCampaign,
    CreateCampaign,
    LaunchCampaign,
    PauseCampaign,
    RaiseBudget,
    ReallocateBudget,
)
from umt.application.commands.integration import ConnectIntegration
from umt.application.dispatch import Command
from umt.domain.agent_run import CommandIssued, DecisionMade, RunStarted
from umt.domain.brand import Audience
from umt.domain.campaign import Allocation, Objective, Schedule, Status
from umt.domain.event import fold
from umt.domain.money import Money
from umt.domain.platform import Platform

PLATFORMS = (Platform.FACEBOOK, Platform.GOOGLE, Platform.LINKEDIN)


def launched(marketer: Marketer, outside: Outside, days: int = 20) -> UUID:
    connect_blog(marketer, outside)
    number = str(marketer.user.int % 10**10).zfill(10)
    for platform in PLATFORMS:
        account = f"act_{number}" if platform is Platform.FACEBOOK else number
        marketer.makes(ConnectIntegration(platform=platform, account=account, credential="token"))
    content = drafted(marketer)
    approved(marketer, content)
    brand = marketer.state(content).brand
    today = marketer.system.clock.now().date()
    campaign = marketer.makes(
        CreateCampaign(
            brand=brand,
            name="Spring",
            objective=Objective.SALES,
            total_budget=Money.parse("6000 EUR"),
            schedule=Schedule(today, today + timedelta(days=days)),
            platforms=PLATFORMS,
        )
    )
    marketer.does(
        AllocateBudget(campaign=campaign, allocation=tuple(Allocation(p, Money.parse("1700 EUR")) for p in PLATFORMS))
    )
    for platform in PLATFORMS:
        marketer.does(
            AddAdSet(
                campaign=campaign,
                platform=platform,
                name=f"{platform} ads",
                content=content,
                audience=Audience("Hikers"),
            )
        )
    marketer.does(ApproveCampaign(campaign=campaign))
    marketer.does(LaunchCampaign(campaign=campaign))
    marketer.at_rest()
    return campaign


def budgets_outside(outside: Outside, method: str) -> list[str]:
    return [entry["path"] for entry in outside.ledger(action="update") if entry["method"] == method]


def test_a_launched_campaign_gets_its_ads_figures_and_decisions(marketer: Marketer, outside: Outside) -> None:
    campaign = launched(marketer, outside)
    state = marketer.state(campaign)
    assert all(a.ad for a in state.ad_sets), state.ad_sets
    for _ in range(16):
        outside.advance(marketer.system)
        marketer.at_rest()
    decisions = [e for e in marketer.runs() if isinstance(e, DecisionMade) and e.subject == campaign]
    assert {d.action for d in decisions} - {"apply_brand", "hold"}, "something was decided"
    assert all(d.reason and d.guardrails for d in decisions if d.action in ("pause", "reallocate", "raise_budget"))
    state = marketer.state(campaign)
    assert state.allocated + state.reserve == state.total_budget
    assert state.score is not None
    assert 0 <= state.score <= 1
    assert outside.duplicates() == []


def test_lost_answers_create_no_ad_twice(marketer: Marketer, outside: Outside) -> None:
    outside.faults(
        rules=[
            {"kind": "drop_after", "platform": platform, "method": "POST", "every": 2, "times": 3}
            for platform in ("meta", "google_ads", "linkedin")
        ]
    )
    campaign = launched(marketer, outside)
    assert all(a.ad for a in marketer.state(campaign).ad_sets), marketer.state(campaign).ad_sets
    assert outside.duplicates() == []


def test_money_that_is_moved_is_moved_on_the_platforms(marketer: Marketer, outside: Outside) -> None:
    campaign = launched(marketer, outside)
    before = len(outside.ledger(action="update"))
    marketer.does(
        ReallocateBudget(
            campaign=campaign,
            source=Platform.LINKEDIN,
            target=Platform.GOOGLE,
            amount=Money.parse("100 EUR"),
            reason="a better return",
        )
    )
    marketer.does(
        RaiseBudget(campaign=campaign, platform=Platform.FACEBOOK, amount=Money.parse("50 EUR"), reason="does well")
    )
    marketer.at_rest()
    assert len(outside.ledger(action="update")) >= before + 3
    allocation = {p: m.amount for p, m in marketer.state(campaign).allocation.items()}
    assert allocation == {
        Platform.FACEBOOK: Decimal(1750),
        Platform.GOOGLE: Decimal(1800),
        Platform.LINKEDIN: Decimal(1600),
    }


def test_a_paused_campaign_spends_nothing_and_is_not_judged(marketer: Marketer, outside: Outside) -> None:
    campaign = launched(marketer, outside)
    outside.advance(marketer.system)
    marketer.does(PauseCampaign(campaign=campaign, reason="stock is out"))
    marketer.at_rest()
    for _ in range(3):
        outside.advance(marketer.system)
        marketer.at_rest()
    refused = [e for e in marketer.runs() if isinstance(e, CommandIssued) and not e.accepted]
    assert not [e for e in refused if e.command != "OptimizeCampaign"], refused
    assert marketer.state(campaign).status is Status.PAUSED


def test_a_campaign_completes_after_its_last_day(marketer: Marketer, outside: Outside) -> None:
    campaign = launched(marketer, outside, days=3)
    outside.advance(marketer.system, days=5)
    marketer.at_rest()
    assert marketer.state(campaign).status is Status.COMPLETED


def test_every_run_is_replayed_from_its_record_to_the_same_commands(marketer: Marketer, outside: Outside) -> None:
    launched(marketer, outside)
    for _ in range(3):
        outside.advance(marketer.system)
        marketer.at_rest()
    log = {r.metadata.event_id: r for r in marketer.log()}
    runs = [r for r in log.values() if isinstance(r.event, RunStarted)]
    replayed = 0
    for start in runs:
        assert isinstance(start.event, RunStarted)
        record = marketer.system.source.stream(start.stream)
        state = fold(r.event for r in record)
        assert state.completed
        assert not state.pending
        trigger = log.get(start.event.trigger) or Wake(
            start.event.trigger_type.removeprefix("timer."), start.event.subject, start.metadata.effective_at
        )
        steps = replay(AGENTS[start.event.agent], trigger, record)
        issued = [r.event for r in record if isinstance(r.event, CommandIssued)]
        assert [s.canonical().decode() for s in steps if isinstance(s, Command)] == [c.request for c in issued]
        replayed += len(issued)
    assert replayed > 10
