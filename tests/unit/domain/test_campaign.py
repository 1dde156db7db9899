"""Campaign: from draft to launch, through its life, to the archive. Its money is in test_campaign_money.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from tests.given import given
from tests.unit.domain.stories import (
    AFTERWARDS,
    ANNA,
    BEN,
    BRAND,
    DURING,
    FIRST_DAY,
    GOOGLE,
    INSTAGRAM,
    LAST_DAY,
    LINKEDIN,
    MARCH,
    PARENTS,
    History,
    ad_set,
    approved_campaign,
    archived_campaign,
    completed_campaign,
    draft_campaign,
    eur,
    live_campaign,
    paused_campaign,
    ready_campaign,
    signed_in,
)

from umt.domain import campaign as decide
from umt.domain.brand import Audience, Styling
from umt.domain.campaign import (
    Ad,
    AdCreated,
    AdFound,
    AdRefused,
    AdSetAdded,
    AdSetRemoved,
    AdsFound,
    Allocation,
    AnomalyReported,
    BrandApplied,
    CampaignApproved,
    CampaignArchived,
    CampaignCompleted,
    CampaignCreated,
    CampaignImported,
    CampaignLaunched,
    CampaignPaused,
    CampaignResumed,
    CampaignScored,
    Objective,
    OptimizationRequested,
    PlatformPaused,
    PlatformResumed,
    PlatformScore,
    Schedule,
    Status,
)
from umt.domain.errors import AlreadyExists, InvalidValue, NotFound, NotReady, WrongStatus
from umt.domain.money import Money
from umt.domain.platform import Platform

BOTH = {"google": "600 EUR", "linkedin": "400 EUR"}
IMPORTED = (CampaignImported("Autumn", "fb-1", "EUR", (GOOGLE,)),)
AD = Ad("ad-1", "campaign-1", "active")


# Drafting


def test_a_campaign_begins_as_a_draft() -> None:
    given().when(decide.create, BRAND, " Spring ", Objective.SALES, eur(1000), MARCH, [GOOGLE, LINKEDIN]).then(
        CampaignCreated(BRAND, "Spring", Objective.SALES, eur(1000), MARCH, (GOOGLE, LINKEDIN))
    ).then_state(status=Status.DRAFT, currency="EUR", reserve=eur(1000))


def test_a_campaign_is_created_once() -> None:
    given(*draft_campaign()).when(
        decide.create, BRAND, "Spring", Objective.SALES, eur(1000), MARCH, [GOOGLE]
    ).then_fails(AlreadyExists)


@pytest.mark.parametrize("ends_on", [FIRST_DAY, FIRST_DAY - timedelta(days=1), FIRST_DAY.replace(year=2032)])
def test_a_campaign_ends_after_its_start_and_within_five_years(ends_on: date) -> None:
    given().when(
        decide.create, BRAND, "Spring", Objective.SALES, eur(1000), Schedule(FIRST_DAY, ends_on), [GOOGLE]
    ).then_fails(InvalidValue, "schedule.endsOn")


def test_a_schedule_is_told_in_a_time_zone() -> None:
    given().when(
        decide.create, BRAND, "Spring", Objective.SALES, eur(1000), replace(MARCH, time_zone="Mars/Phobos"), [GOOGLE]
    ).then_fails(InvalidValue, "schedule.timeZone")


@pytest.mark.parametrize("platforms", [(), (GOOGLE, GOOGLE), (Platform.EMAIL,), (GOOGLE, Platform.CMS)])
def test_a_campaign_runs_on_different_platforms_that_sell_ads(platforms: tuple[Platform, ...]) -> None:
    given().when(decide.create, BRAND, "Spring", Objective.SALES, eur(1000), MARCH, platforms).then_fails(
        InvalidValue, "platforms"
    )


@pytest.mark.parametrize("budget", [eur(0), eur(-1)], ids=str)
def test_a_campaign_has_money(budget: Money) -> None:
    given().when(decide.create, BRAND, "Spring", Objective.SALES, budget, MARCH, [GOOGLE]).then_fails(
        InvalidValue, "totalBudget"
    )


def test_a_campaign_takes_over_its_brand() -> None:
    given(*draft_campaign()).when(decide.apply_brand, Styling(tone_of_voice="warm"), (PARENTS,)).then(
        BrandApplied(Styling(tone_of_voice="warm"), (PARENTS,))
    ).then_state(audiences=(PARENTS,)).when(
        decide.apply_brand, Styling(tone_of_voice="warm"), (PARENTS,)
    ).then_nothing()


def test_an_ad_set_is_added_once() -> None:
    given(*draft_campaign()).when(decide.add_ad_set, ad_set(GOOGLE)).then(AdSetAdded(ad_set(GOOGLE))).then_state(
        ad_sets=(ad_set(GOOGLE),)
    ).when(decide.add_ad_set, ad_set(GOOGLE)).then_nothing()


def test_an_ad_set_is_on_a_platform_of_the_campaign() -> None:
    given(*draft_campaign()).when(decide.add_ad_set, ad_set(INSTAGRAM)).then_fails(InvalidValue, "instagram")


def test_ad_sets_of_a_platform_are_told_apart_by_name() -> None:
    with_parents = given(*draft_campaign(), AdSetAdded(ad_set(GOOGLE, 1, "Parents")))
    with_parents.when(decide.add_ad_set, ad_set(GOOGLE, 2, " Parents ")).then_fails(AlreadyExists, "Parents")
    with_parents.when(decide.add_ad_set, ad_set(LINKEDIN, 2, "Parents")).then(
        AdSetAdded(ad_set(LINKEDIN, 2, "Parents"))
    )


def test_a_campaign_has_no_endless_number_of_ad_sets() -> None:
    all_but_one = [AdSetAdded(ad_set(GOOGLE, n, f"Group {n}")) for n in range(1, decide.MOST_AD_SETS)]
    last, more = (ad_set(GOOGLE, decide.MOST_AD_SETS + n, f"Group {decide.MOST_AD_SETS + n}") for n in (0, 1))
    full = given(*draft_campaign(), *all_but_one).when(decide.add_ad_set, last).then(AdSetAdded(last))
    full.when(decide.add_ad_set, more).then_fails(InvalidValue, "adSets")


@pytest.mark.parametrize("bid", [eur(0), Money.of(1, "USD")], ids=str)
def test_a_bid_is_money_in_the_campaigns_currency(bid: Money) -> None:
    given(*draft_campaign()).when(decide.add_ad_set, ad_set(GOOGLE, bid=bid)).then_fails(InvalidValue, "bid")


def test_an_ad_set_has_a_sound_audience() -> None:
    children = replace(ad_set(GOOGLE), audience=Audience("Children", 6, 12))
    given(*draft_campaign()).when(decide.add_ad_set, children).then_fails(InvalidValue, "audience")


def test_an_ad_set_is_taken_out() -> None:
    given(*ready_campaign()).when(decide.remove_ad_set, ad_set(GOOGLE).id).then(
        AdSetRemoved(ad_set(GOOGLE).id)
    ).then_state(ad_sets=()).when(decide.remove_ad_set, ad_set(GOOGLE).id).then_fails(NotFound)


# Approving and launching


def test_a_draft_that_could_be_launched_is_approved() -> None:
    given(*ready_campaign()).when(decide.approve, signed_in(ANNA)).then(CampaignApproved(f"user:{ANNA}")).then_state(
        status=Status.APPROVED, approved_by=f"user:{ANNA}"
    ).when(decide.approve, signed_in(BEN)).then_nothing()


def test_without_an_ad_set_there_is_nothing_to_approve() -> None:
    unfinished = given(*ready_campaign(), AdSetRemoved(ad_set(GOOGLE).id))
    unfinished.when(decide.approve, signed_in(ANNA)).then_fails(NotReady, "approved creative")


def test_an_ad_set_without_money_is_not_approved() -> None:
    given(*draft_campaign(), AdSetAdded(ad_set(GOOGLE))).when(decide.approve, signed_in(ANNA)).then_fails(
        NotReady, "allocate a budget to google"
    )


def test_money_without_an_ad_set_is_not_approved() -> None:
    given(*ready_campaign(**BOTH), AdSetRemoved(ad_set(LINKEDIN).id)).when(decide.approve, signed_in(ANNA)).then_fails(
        NotReady, "linkedin has a budget but no ad set"
    )


@pytest.mark.parametrize(
    ("edit", "asked"),
    [
        (decide.allocate, ([Allocation(GOOGLE, eur(500))],)),
        (decide.add_ad_set, (ad_set(GOOGLE, 2, "Students"),)),
        (decide.remove_ad_set, (ad_set(GOOGLE).id,)),
    ],
    ids=["allocate", "add an ad set", "remove an ad set"],
)
def test_an_edit_withdraws_the_approval(edit: Callable[..., Any], asked: tuple[Any, ...]) -> None:
    given(*approved_campaign()).when(edit, *asked).then_state(status=Status.DRAFT, approved_by=None).when(
        decide.launch, DURING
    ).then_fails(NotReady, "Approve the campaign")


def test_an_approved_campaign_is_launched() -> None:
    given(*approved_campaign()).when(decide.launch, DURING).then(CampaignLaunched()).then_state(status=Status.LIVE)


def test_a_draft_is_not_launched() -> None:
    given(*ready_campaign()).when(decide.launch, DURING).then_fails(NotReady, "Approve the campaign")


def test_a_campaign_is_launched_once() -> None:
    given(*live_campaign()).when(decide.launch, DURING).then_fails(WrongStatus, "live")


def test_a_campaign_may_still_be_launched_on_its_last_day_but_not_later() -> None:
    given(*approved_campaign()).when(decide.launch, LAST_DAY).then(CampaignLaunched())
    given(*approved_campaign()).when(decide.launch, AFTERWARDS).then_fails(NotReady, "is over")


@pytest.mark.parametrize("history", [live_campaign(), paused_campaign()], ids=["live", "paused"])
def test_what_was_launched_is_not_edited(history: History) -> None:
    running = given(*history)
    running.when(decide.allocate, [Allocation(GOOGLE, eur(500))]).then_fails(WrongStatus)
    running.when(decide.add_ad_set, ad_set(GOOGLE, 2, "Students")).then_fails(WrongStatus)
    running.when(decide.remove_ad_set, ad_set(GOOGLE).id).then_fails(WrongStatus)
    running.when(decide.approve, signed_in(ANNA)).then_fails(WrongStatus)


# Ads


def test_a_platform_accepts_an_ad() -> None:
    given(*live_campaign()).when(decide.record_ad, ad_set(GOOGLE).id, AD).then(
        AdCreated(ad_set(GOOGLE).id, AD)
    ).then_state(lambda campaign: campaign.ad_set(ad_set(GOOGLE).id).ad == AD).when(
        decide.record_ad, ad_set(GOOGLE).id, AD
    ).then_nothing()


def test_a_platform_refuses_an_ad_once() -> None:
    given(*live_campaign()).when(decide.refuse_ad, ad_set(GOOGLE).id, "policy").then(
        AdRefused(ad_set(GOOGLE).id, "policy")
    ).then_state(lambda campaign: campaign.ad_set(ad_set(GOOGLE).id).failure == "policy").when(
        decide.refuse_ad, ad_set(GOOGLE).id, "policy"
    ).then_nothing()


def test_a_late_refusal_changes_nothing_about_an_ad_that_exists() -> None:
    given(*live_campaign(), AdCreated(ad_set(GOOGLE).id, AD)).when(
        decide.refuse_ad, ad_set(GOOGLE).id, "timed out"
    ).then_nothing()


def test_an_ad_that_exists_after_all_was_not_refused() -> None:
    given(*live_campaign(), AdRefused(ad_set(GOOGLE).id, "timed out")).when(
        decide.record_ad, ad_set(GOOGLE).id, AD
    ).then_state(lambda campaign: campaign.ad_set(ad_set(GOOGLE).id).failure is None)


def test_ads_belong_to_ad_sets_of_the_campaign() -> None:
    given(*live_campaign()).when(decide.record_ad, UUID(int=999), AD).then_fails(NotFound)
    given(*live_campaign()).when(decide.refuse_ad, UUID(int=999), "policy").then_fails(NotFound)


def test_nothing_is_advertised_before_the_launch() -> None:
    given(*approved_campaign()).when(decide.record_ad, ad_set(GOOGLE).id, AD).then_fails(WrongStatus)


# Pausing


def test_a_campaign_is_paused_and_resumed() -> None:
    given(*live_campaign()).when(decide.pause, "stock is out").then(CampaignPaused("stock is out")).then_state(
        status=Status.PAUSED
    ).when(decide.pause, "again").then_nothing().when(decide.resume).then(CampaignResumed()).then_state(
        status=Status.LIVE
    ).when(decide.resume).then_nothing()


def test_a_pause_has_a_reason() -> None:
    given(*live_campaign()).when(decide.pause, " ").then_fails(InvalidValue, "reason")
    given(*live_campaign(**BOTH)).when(decide.pause_platform, GOOGLE, DURING, "").then_fails(InvalidValue, "reason")


@pytest.mark.parametrize("history", [approved_campaign(), completed_campaign()], ids=["approved", "completed"])
def test_only_what_runs_is_paused_or_resumed(history: History) -> None:
    given(*history).when(decide.pause, "stock is out").then_fails(WrongStatus)
    given(*history).when(decide.resume).then_fails(WrongStatus)


def test_a_platform_is_paused_and_resumed() -> None:
    given(*live_campaign(**BOTH)).when(decide.pause_platform, GOOGLE, DURING, "too dear").then(
        PlatformPaused(GOOGLE, DURING, "too dear")
    ).then_state(
        lambda campaign: not campaign.is_active(GOOGLE) and campaign.is_active(LINKEDIN),
        last_moved={GOOGLE: DURING},
    ).when(decide.pause_platform, GOOGLE, DURING, "too dear").then_nothing().when(
        decide.resume_platform, GOOGLE, DURING
    ).then(PlatformResumed(GOOGLE, DURING)).then_state(paused_platforms=()).when(
        decide.resume_platform, GOOGLE, DURING
    ).then_nothing()


def test_the_last_active_platform_is_not_paused() -> None:
    given(*live_campaign(**BOTH), PlatformPaused(GOOGLE, DURING, "too dear")).when(
        decide.pause_platform, LINKEDIN, DURING, "too dear"
    ).then_fails(NotReady, "last active platform")


def test_a_platform_without_money_is_neither_paused_nor_resumed() -> None:
    given(*live_campaign()).when(decide.pause_platform, LINKEDIN, DURING, "too dear").then_fails(InvalidValue)
    given(*live_campaign()).when(decide.resume_platform, LINKEDIN, DURING).then_fails(InvalidValue)


# Judging


def test_a_live_campaign_is_judged_when_somebody_asks() -> None:
    given(*live_campaign()).when(decide.request_optimization, "by hand").then(OptimizationRequested("by hand"))
    given(*paused_campaign()).when(decide.request_optimization, "by hand").then_fails(WrongStatus, "paused")


def test_scores_lie_between_zero_and_one() -> None:
    scores = (PlatformScore(GOOGLE, Decimal("0.7")),)
    given(*live_campaign()).when(decide.record_score, Decimal("0.7"), scores, DURING).then(
        CampaignScored(Decimal("0.7"), scores, DURING)
    ).then_state(score=Decimal("0.7"), platform_scores=scores)
    given(*live_campaign()).when(decide.record_score, Decimal("1.01"), scores, DURING).then_fails(InvalidValue, "score")
    given(*live_campaign()).when(
        decide.record_score, Decimal("0.7"), (PlatformScore(GOOGLE, Decimal("-0.1")),), DURING
    ).then_fails(InvalidValue, "score")


def test_an_anomaly_is_reported_on_a_platform_with_money() -> None:
    given(*live_campaign()).when(decide.report_anomaly, GOOGLE, DURING, "clicks fell").then(
        AnomalyReported(GOOGLE, DURING, "clicks fell")
    )
    given(*live_campaign()).when(decide.report_anomaly, LINKEDIN, DURING, "clicks fell").then_fails(InvalidValue)


# The end


@pytest.mark.parametrize("history", [live_campaign(), paused_campaign()], ids=["live", "paused"])
def test_a_campaign_is_completed_after_its_last_day(history: History) -> None:
    given(*history).when(decide.complete, LAST_DAY).then_fails(NotReady, "runs until 2026-03-31")
    given(*history).when(decide.complete, AFTERWARDS).then(CampaignCompleted()).then_state(
        status=Status.COMPLETED
    ).when(decide.complete, AFTERWARDS).then_nothing()


@pytest.mark.parametrize("history", [live_campaign(), paused_campaign()], ids=["live", "paused"])
def test_a_campaign_that_runs_is_not_archived(history: History) -> None:
    given(*history).when(decide.archive).then_fails(WrongStatus)


@pytest.mark.parametrize(
    "history",
    [draft_campaign(), approved_campaign(), completed_campaign(), IMPORTED],
    ids=["draft", "approved", "completed", "imported"],
)
def test_a_campaign_that_does_not_run_is_archived_once(history: History) -> None:
    given(*history).when(decide.archive).then(CampaignArchived()).then_state(status=Status.ARCHIVED).when(
        decide.archive
    ).then_nothing()


@pytest.mark.parametrize(
    ("decision", "asked"),
    [
        (decide.find_ads, (GOOGLE, [AdFound("1", "Ad", ())])),
        (decide.apply_brand, (Styling(), ())),
        (decide.allocate, ([Allocation(GOOGLE, eur(500))],)),
        (decide.add_ad_set, (ad_set(GOOGLE, 2, "Students"),)),
        (decide.remove_ad_set, (ad_set(GOOGLE).id,)),
        (decide.approve, (signed_in(ANNA),)),
        (decide.launch, (DURING,)),
        (decide.record_ad, (ad_set(GOOGLE).id, AD)),
        (decide.refuse_ad, (ad_set(GOOGLE).id, "policy")),
        (decide.pause, ("stock is out",)),
        (decide.resume, ()),
        (decide.pause_platform, (GOOGLE, DURING, "too dear")),
        (decide.resume_platform, (GOOGLE, DURING)),
        (decide.reallocate, (GOOGLE, LINKEDIN, eur(1), DURING, "better", {})),
        (decide.raise_budget, (GOOGLE, eur(1), DURING, "better")),
        (decide.request_optimization, ("by hand",)),
        (decide.record_score, (Decimal("0.5"), (), DURING)),
        (decide.report_anomaly, (GOOGLE, DURING, "clicks fell")),
        (decide.complete, (AFTERWARDS,)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_nothing_about_an_archived_campaign_changes(decision: Callable[..., Any], asked: tuple[Any, ...]) -> None:
    given(*archived_campaign(**BOTH)).when(decision, *asked).then_fails(WrongStatus, "archived")


# Imported history


def test_a_campaign_that_ran_elsewhere_is_first_seen_in_a_file() -> None:
    given().when(decide.import_campaign, "Autumn", "fb-1", "EUR", [GOOGLE]).then(*IMPORTED).then_state(
        status=Status.IMPORTED
    ).when(decide.import_campaign, "Autumn", "fb-1", "EUR", [GOOGLE]).then_nothing()


def test_an_imported_campaign_has_a_real_currency() -> None:
    given().when(decide.import_campaign, "Autumn", "fb-1", "XXX", [GOOGLE]).then_fails(InvalidValue, "currency")


def test_ads_are_found_500_at_a_time() -> None:
    ads = tuple(AdFound(f"{number}", "Ad", (("age", "30-34"),)) for number in range(501))
    given(*IMPORTED).when(decide.find_ads, LINKEDIN, ads).then(
        AdsFound(LINKEDIN, ads[:500]), AdsFound(LINKEDIN, ads[500:])
    ).then_state(platforms=(GOOGLE, LINKEDIN))


def test_ads_are_found_only_in_imported_campaigns() -> None:
    given(*live_campaign()).when(decide.find_ads, GOOGLE, [AdFound("1", "Ad", ())]).then_fails(WrongStatus, "imported")
