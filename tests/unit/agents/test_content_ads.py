"""Content & Ad Management: publishes, runs ads, collects their figures. Its judgement is in test_optimising.py."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.unit.agents.story import NOON, World, integration
from tests.unit.domain.stories import (
    CAMPAIGN,
    CMS,
    CONTENT,
    CREATIVE,
    DURING,
    GOOGLE,
    LAST_DAY,
    LINKEDIN,
    MARCH,
    PARENTS,
    History,
    ad_set,
    approved_campaign,
    approved_content,
    archived_content,
    at,
    draft_campaign,
    eur,
    live_campaign,
    paused_campaign,
    selected_content,
)

from umt.application.agents.content_ads import agent
from umt.application.agents.reaction import Remind, Step
from umt.application.commands.analytics import RecordPerformance
from umt.application.commands.campaign import CompleteCampaign, OptimizeCampaign, RecordAd, RefuseAd
from umt.application.commands.content import ConfirmPublication, FailPublication
from umt.application.commands.integration import NoteSync
from umt.application.effects import CollectPerformance, CreateAd, Done, PublishPost, SetActive, SetBudget
from umt.application.ports import AdOrder, CreatedAd, Post, PublishedPost, Report, ReportedDay
from umt.domain.agent_run import DecisionMade
from umt.domain.campaign import (
    Ad,
    AdCreated,
    BudgetRaised,
    BudgetReallocated,
    CampaignCompleted,
    CampaignLaunched,
    CampaignPaused,
    CampaignResumed,
    Objective,
    PlatformPaused,
    PlatformResumed,
)
from umt.domain.content import ContentApproved, PublicationRetried, PublicationScheduled
from umt.domain.event import Event
from umt.domain.performance import Figures, Record
from umt.domain.platform import Platform

TOMORROW_AT_TWO = Remind("collect", CAMPAIGN, at("2026-03-11T02:00Z"))
BOTH = {"google": "600 EUR", "linkedin": "300 EUR"}


def ad_of(platform: Platform) -> AdCreated:
    return AdCreated(ad_set(platform).id, Ad(f"{platform}-ad", f"{platform}-campaign", "active"))


def running_campaign() -> History:
    """Live, with an ad on each platform."""
    return (*live_campaign(**BOTH), ad_of(GOOGLE), ad_of(LINKEDIN))


# Publishing


def publication(channel: Platform) -> PublishPost:
    return PublishPost(
        lock=str(CONTENT),
        integration=integration(channel),
        content=CONTENT,
        channel=channel,
        post=Post(f"umt-{CONTENT}", "Spring is here", "Come in and look around.", "Come in."),
    )


def test_what_was_approved_is_published_on_every_channel() -> None:
    world = World().connected(CMS, LINKEDIN).has(CONTENT, *selected_content(CMS, LINKEDIN))
    assert world.reaction(agent, CONTENT, ContentApproved("user:anna")) == [publication(CMS), publication(LINKEDIN)]


def test_a_channel_that_is_scheduled_waits_for_its_time() -> None:
    friday = at("2026-03-13T09:00Z")
    world = World().connected(CMS).has(CONTENT, *selected_content(), PublicationScheduled(CMS, friday))
    assert world.reaction(agent, CONTENT, ContentApproved("user:anna")) == [Remind("publish/cms", CONTENT, friday)]


def test_a_time_that_has_passed_is_now() -> None:
    monday = at("2026-03-09T09:00Z")
    world = World().connected(CMS).has(CONTENT, *selected_content(), PublicationScheduled(CMS, monday))
    assert world.reaction(agent, CONTENT, ContentApproved("user:anna")) == [publication(CMS)]


def test_a_channel_is_published_when_its_time_has_come() -> None:
    world = World().connected(CMS).has(CONTENT, *approved_content())
    assert world.waking(agent, "publish/cms", CONTENT, NOON) == [publication(CMS)]


def test_without_a_connection_the_publication_has_failed_and_says_what_to_do() -> None:
    world = World().has(CONTENT, *selected_content())
    assert world.reaction(agent, CONTENT, ContentApproved("user:anna")) == [
        FailPublication(
            content=CONTENT, channel=CMS, reason="No CMS is connected to this workspace; connect one and retry."
        )
    ]


def test_a_retry_concerns_its_own_channel_only() -> None:
    world = World().connected(CMS, LINKEDIN).has(CONTENT, *approved_content(CMS, LINKEDIN))
    assert world.reaction(agent, CONTENT, PublicationRetried(LINKEDIN)) == [publication(LINKEDIN)]


def test_the_channels_answer_decides_about_the_publication() -> None:
    there = PublishedPost("https://acme.example/spring", "7")
    assert World().outcome(agent, CONTENT, publication(CMS), there) == [
        ConfirmPublication(content=CONTENT, channel=CMS, url="https://acme.example/spring", external_id="7")
    ]
    assert World().outcome(agent, CONTENT, publication(CMS), error="401") == [
        FailPublication(content=CONTENT, channel=CMS, reason="401")
    ]


def test_what_was_archived_is_not_published_any_more() -> None:
    world = World().connected(CMS).has(CONTENT, *archived_content())
    assert not any(isinstance(step, PublishPost) for step in world.waking(agent, "publish/cms", CONTENT, NOON))


# Ads


def creation(platform: Platform, budget: str) -> CreateAd:
    return CreateAd(
        lock=f"{CAMPAIGN}/{platform}",
        integration=integration(platform),
        campaign=CAMPAIGN,
        ad_set=ad_set(platform).id,
        platform=platform,
        order=AdOrder(
            campaign_reference=f"Spring {platform.label} · umt-{CAMPAIGN}",
            ad_reference=f"Parents · umt-{ad_set(platform).id}",
            objective=Objective.SALES,
            budget=eur(budget),
            schedule=MARCH,
            audience=PARENTS,
            creative=CREATIVE,
        ),
    )


def test_a_launch_creates_an_ad_for_each_ad_set_and_collects_from_tomorrow_on() -> None:
    world = World().connected(GOOGLE, LINKEDIN).has(CAMPAIGN, *approved_campaign(**BOTH))
    assert world.reaction(agent, CAMPAIGN, CampaignLaunched()) == [
        creation(GOOGLE, "600"),
        creation(LINKEDIN, "300"),
        TOMORROW_AT_TWO,
    ]


def test_an_ad_on_a_platform_that_is_not_connected_is_refused_alone() -> None:
    world = World().connected(GOOGLE).has(CAMPAIGN, *approved_campaign(**BOTH))
    reason = "No LinkedIn account is connected to this workspace."
    assert world.reaction(agent, CAMPAIGN, CampaignLaunched()) == [
        creation(GOOGLE, "600"),
        RefuseAd(campaign=CAMPAIGN, ad_set=ad_set(LINKEDIN).id, reason=reason),
        TOMORROW_AT_TWO,
    ]


def test_the_platforms_answer_decides_about_the_ad() -> None:
    asked, created = creation(GOOGLE, "600"), CreatedAd("google-ad", "google-campaign", "active")
    world = World().connected(GOOGLE).has(CAMPAIGN, *running_campaign())
    assert world.outcome(agent, CAMPAIGN, asked, created) == [
        RecordAd(campaign=CAMPAIGN, ad_set=asked.ad_set, ad=Ad("google-ad", "google-campaign", "active"))
    ]
    assert World().outcome(agent, CAMPAIGN, asked, error="policy") == [
        RefuseAd(campaign=CAMPAIGN, ad_set=asked.ad_set, reason="policy")
    ]


def test_an_ad_that_comes_to_be_while_its_campaign_is_paused_is_stopped() -> None:
    world = World().connected(GOOGLE).has(CAMPAIGN, *paused_campaign())
    created = CreatedAd("google-ad", "google-campaign", "active")
    assert switch(GOOGLE, False) in world.outcome(agent, CAMPAIGN, creation(GOOGLE, "600"), created)


def test_an_ad_that_comes_to_be_after_its_budget_changed_is_told_the_new_one() -> None:
    world = World().connected(GOOGLE).has(CAMPAIGN, *running_campaign())
    created = CreatedAd("google-ad", "google-campaign", "active")
    assert budget(GOOGLE, "600") in world.outcome(agent, CAMPAIGN, creation(GOOGLE, "550"), created)


def budget(platform: Platform, total: str, then: Platform | None = None) -> SetBudget:
    return SetBudget(
        lock=f"{CAMPAIGN}/{platform}",
        campaign=CAMPAIGN,
        then=then,
        integration=integration(platform),
        platform=platform,
        external_campaign_id=f"{platform}-campaign",
        total=eur(total),
    )


def test_the_giver_is_lowered_before_the_receiver_is_raised() -> None:
    world = World().connected(GOOGLE, LINKEDIN).has(CAMPAIGN, *running_campaign())
    moved = BudgetReallocated(LINKEDIN, GOOGLE, eur(100), DURING, "better")
    lower = budget(LINKEDIN, "200", then=GOOGLE)
    assert world.reaction(agent, CAMPAIGN, moved) == [lower]
    assert world.outcome(agent, CAMPAIGN, lower, Done()) == [budget(GOOGLE, "700")]


def test_the_receiver_is_not_raised_where_the_giver_could_not_be_lowered() -> None:
    moved = BudgetReallocated(LINKEDIN, GOOGLE, eur(100), DURING, "better")
    world = World().connected(GOOGLE, LINKEDIN).has(CAMPAIGN, *running_campaign(), moved)
    (alert,) = world.outcome(agent, CAMPAIGN, budget(LINKEDIN, "200", then=GOOGLE), error="the account is closed")
    assert isinstance(alert, DecisionMade)
    assert "so Google gets no more" in alert.reason


def test_a_giver_that_runs_nowhere_is_not_waited_for() -> None:
    history = tuple(e for e in running_campaign() if not (isinstance(e, AdCreated) and e.ad_set == ad_set(LINKEDIN).id))
    world = World().connected(GOOGLE, LINKEDIN).has(CAMPAIGN, *history)
    moved = BudgetReallocated(LINKEDIN, GOOGLE, eur(100), DURING, "better")
    assert world.reaction(agent, CAMPAIGN, moved) == [budget(GOOGLE, "700")]


def test_a_raise_is_told_to_the_platform() -> None:
    world = World().connected(GOOGLE, LINKEDIN).has(CAMPAIGN, *running_campaign())
    assert world.reaction(agent, CAMPAIGN, BudgetRaised(GOOGLE, eur(50), DURING, "better")) == [budget(GOOGLE, "650")]


def test_a_platform_without_an_ad_is_told_nothing() -> None:
    raised = BudgetRaised(GOOGLE, eur(50), DURING, "better")
    assert World().connected(GOOGLE).has(CAMPAIGN, *live_campaign(**BOTH)).reaction(agent, CAMPAIGN, raised) == []


def test_people_are_told_that_a_platform_with_ads_cannot_be_reached() -> None:
    raised = BudgetRaised(GOOGLE, eur(50), DURING, "better")
    (alert,) = World().has(CAMPAIGN, *running_campaign()).reaction(agent, CAMPAIGN, raised)
    assert isinstance(alert, DecisionMade)
    assert (alert.action, alert.target) == ("alert", "google")
    assert "No Google account is connected" in alert.reason


def switch(platform: Platform, active: bool) -> SetActive:
    return SetActive(
        lock=f"{CAMPAIGN}/{platform}",
        campaign=CAMPAIGN,
        integration=integration(platform),
        platform=platform,
        external_campaign_id=f"{platform}-campaign",
        active=active,
    )


@pytest.mark.parametrize(
    ("event", "active"), [(PlatformPaused(GOOGLE, DURING, "too dear"), False), (PlatformResumed(GOOGLE, DURING), True)]
)
def test_one_platform_is_switched_alone(event: Event, active: bool) -> None:
    world = World().connected(GOOGLE, LINKEDIN).has(CAMPAIGN, *running_campaign())
    assert world.reaction(agent, CAMPAIGN, event) == [switch(GOOGLE, active)]


@pytest.mark.parametrize(
    ("event", "active"),
    [(CampaignPaused("stock is out"), False), (CampaignResumed(), True), (CampaignCompleted(), False)],
)
def test_a_campaign_is_switched_on_every_platform(event: Event, active: bool) -> None:
    world = World().connected(GOOGLE, LINKEDIN).has(CAMPAIGN, *running_campaign())
    assert world.reaction(agent, CAMPAIGN, event) == [switch(GOOGLE, active), switch(LINKEDIN, active)]


def test_a_platform_that_is_paused_stays_so_when_the_campaign_resumes() -> None:
    history = (*running_campaign(), PlatformPaused(GOOGLE, DURING, "too dear"), CampaignPaused("stock is out"))
    world = World().connected(GOOGLE, LINKEDIN).has(CAMPAIGN, *history)
    assert world.reaction(agent, CAMPAIGN, CampaignResumed()) == [switch(LINKEDIN, True)]


def test_a_change_that_a_platform_refuses_is_told_to_people() -> None:
    for asked in (budget(GOOGLE, "700"), switch(GOOGLE, False)):
        (alert,) = World().outcome(agent, CAMPAIGN, asked, error="the account is closed")
        assert isinstance(alert, DecisionMade)
        assert (alert.action, alert.rule, alert.target) == ("alert", "platform_refused_change", "google")
        assert World().outcome(agent, CAMPAIGN, asked, Done()) == []


# Performance


def collection(platform: Platform, since: date, until: date) -> CollectPerformance:
    return CollectPerformance(
        lock=f"{CAMPAIGN}/collect/{platform}",
        integration=integration(platform),
        campaign=CAMPAIGN,
        platform=platform,
        external_campaign_id=f"{platform}-campaign",
        since=since,
        until=until,
    )


def test_every_day_each_platform_is_asked_for_the_days_that_may_have_changed() -> None:
    world = World(at("2026-03-20T02:00Z")).connected(GOOGLE, LINKEDIN).has(CAMPAIGN, *running_campaign())
    since, until = date(2026, 3, 12), date(2026, 3, 19)
    assert world.waking(agent, "collect", CAMPAIGN, at("2026-03-20T02:00Z")) == [
        collection(GOOGLE, since, until),
        collection(LINKEDIN, since, until),
        Remind("collect", CAMPAIGN, at("2026-03-21T02:00Z")),
    ]


def test_nobody_is_asked_for_days_before_the_start() -> None:
    world = World(at("2026-03-03T02:00Z")).connected(GOOGLE).has(CAMPAIGN, *running_campaign())
    first, *_ = world.waking(agent, "collect", CAMPAIGN, at("2026-03-03T02:00Z"))
    assert first == collection(GOOGLE, date(2026, 3, 1), date(2026, 3, 2))


def test_days_that_were_missed_are_asked_for_when_the_agent_is_back() -> None:
    world = World(at("2026-03-20T08:00Z")).connected(GOOGLE).has(CAMPAIGN, *running_campaign())
    first, *_ = world.waking(agent, "collect", CAMPAIGN, at("2026-03-15T02:00Z"))
    assert first == collection(GOOGLE, date(2026, 3, 7), date(2026, 3, 19))


def test_figures_are_collected_until_the_last_day_is_no_longer_restated() -> None:
    ended = (*running_campaign(), CampaignCompleted())

    def reminders(now: datetime) -> list[Step]:
        world = World(now).connected(GOOGLE).has(CAMPAIGN, *ended)
        return [step for step in world.waking(agent, "collect", CAMPAIGN, now) if isinstance(step, Remind)]

    assert len(reminders(at("2026-04-08T02:00Z"))) == 1
    assert reminders(at("2026-04-09T02:00Z")) == []


def test_a_campaign_that_never_ran_has_no_figures() -> None:
    world = World().connected(GOOGLE).has(CAMPAIGN, *draft_campaign())
    assert world.waking(agent, "collect", CAMPAIGN, at("2026-03-10T02:00Z")) == []


YESTERDAY = date(2026, 3, 9)
FIGURES = Figures(impressions=1000, clicks=50, conversions=3, spend=Decimal("12.34"), revenue=Decimal("90"))
REPORT = Report("EUR", (ReportedDay("google-ad", YESTERDAY, FIGURES), ReportedDay("unknown", YESTERDAY, FIGURES)))


def recorded(world: World) -> list[Step]:
    return [
        RecordPerformance(
            campaign=CAMPAIGN,
            platform=GOOGLE,
            currency="EUR",
            reported_at=world.memory.now,
            records=(
                Record("google-ad", YESTERDAY, FIGURES, content=CONTENT),
                Record("unknown", YESTERDAY, FIGURES),
            ),
        ),
        NoteSync(integration=integration(GOOGLE), at=world.memory.now),
    ]


def test_figures_are_recorded_beside_the_content_that_they_speak_of() -> None:
    world = World().has(CAMPAIGN, *running_campaign())
    asked = collection(GOOGLE, YESTERDAY - timedelta(days=7), YESTERDAY)
    assert world.outcome(agent, CAMPAIGN, asked, REPORT, pending=1) == recorded(world)


def test_the_campaign_is_judged_when_the_last_platform_has_answered() -> None:
    world = World().has(CAMPAIGN, *running_campaign())
    asked = collection(GOOGLE, YESTERDAY - timedelta(days=7), YESTERDAY)
    assert world.outcome(agent, CAMPAIGN, asked, REPORT) == [
        *recorded(world),
        OptimizeCampaign(campaign=CAMPAIGN, reason="daily schedule"),
    ]


def test_the_campaign_is_completed_with_the_figures_of_its_last_day() -> None:
    world = World(at("2026-04-01T02:00Z")).has(CAMPAIGN, *running_campaign())
    asked = collection(GOOGLE, LAST_DAY - timedelta(days=7), LAST_DAY)
    assert world.outcome(agent, CAMPAIGN, asked, REPORT)[-1] == CompleteCampaign(campaign=CAMPAIGN)


def test_a_paused_campaign_is_not_judged() -> None:
    world = World().has(CAMPAIGN, *paused_campaign(**BOTH))
    steps = world.outcome(agent, CAMPAIGN, collection(GOOGLE, YESTERDAY, YESTERDAY), REPORT)
    assert [type(step) for step in steps] == [RecordPerformance, NoteSync]


def test_figures_that_cannot_be_collected_are_told_to_people_and_the_rest_goes_on() -> None:
    world = World().has(CAMPAIGN, *running_campaign())
    alert, judged = world.outcome(agent, CAMPAIGN, collection(GOOGLE, YESTERDAY, YESTERDAY), error="503")
    assert isinstance(alert, DecisionMade)
    assert (alert.action, alert.rule, alert.target) == ("alert", "collection_failed", "google")
    assert judged == OptimizeCampaign(campaign=CAMPAIGN, reason="daily schedule")
