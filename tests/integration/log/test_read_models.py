"""What data teams read: every column explained, each login its own rows, figures as now corrected and as once known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import sql
from psycopg.rows import dict_row
from tests.integration.people import Person
from tests.unit.domain import stories

from umt.adapters.postgres.database import OWNER, WORKER, connect
from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.application.agents.content_ads import agent as content_ads
from umt.application.commands.analytics import RecordPerformance
from umt.application.commands.campaign import OptimizeCampaign
from umt.application.commands.integration import ConnectIntegration
from umt.application.transaction import Context, Transaction
from umt.bootstrap import System
from umt.domain import agent_run
from umt.domain.agent_run import AgentRun
from umt.domain.brand import Brand
from umt.domain.campaign import (
    Ad,
    AdCreated,
    AdRefused,
    Allocation,
    BudgetAllocated,
    BudgetRaised,
    BudgetReallocated,
    Campaign,
    CampaignCreated,
    CampaignImported,
    CampaignRevised,
    CampaignScored,
    Objective,
    OptimizationRequested,
    PlatformPaused,
    PlatformScore,
    Schedule,
)
from umt.domain.content import Content, PublicationFailed, PublicationRetried, PublicationScheduled
from umt.domain.event import Aggregate, Event
from umt.domain.performance import Figures, PerformanceLog, PerformanceRecorded, Record, month_of, stream_of
from umt.domain.platform import Platform
from umt.domain.recorded import Actor, ActorKind, Recorded
from umt.projections.catalogue import VIEWS
from umt.settings import Settings

Connection = psycopg.Connection[Any]
GOOGLE, LINKEDIN, CMS = Platform.GOOGLE, Platform.LINKEDIN, Platform.CMS
FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 3)
REPORTED = datetime(2026, 3, 4, tzinfo=UTC)


def record(
    person: Person, kind: type[Aggregate], stream: UUID, *events: Event, correlation: UUID | None = None
) -> UUID:
    """Record what happened, as an agent, in one transaction."""

    def work(tx: Transaction) -> None:
        tx.record(kind, stream, *events)

    actor = Actor(ActorKind.AGENT, "content-ads")
    context = Context(workspace=person.workspace, actor=actor, correlation=correlation)
    person.system.writer.run(context, work).result()
    return stream


def report(
    person: Person, campaign: UUID, day: date | None, figures: Figures, previous: Figures | None = None, **values: Any
) -> None:
    """A platform reported an ad's day."""
    platform, content = values.get("platform", GOOGLE), values.get("content")
    event = PerformanceRecorded(
        campaign,
        platform,
        month_of(day),
        "EUR",
        REPORTED,
        False,
        (Record(values.get("ad", "ad-1"), day, figures, previous, content),),
    )
    record(person, PerformanceLog, stream_of(campaign, platform, month_of(day)), event)


def clock(system: System) -> datetime:
    """The database's, after everything that was recorded."""
    with connect(system.url, WORKER) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row
    moment: datetime = row[0]
    return moment


def brought_up_to_date(system: System) -> None:
    head = system.source.head()
    for projector in system.projectors():
        projector.reach(head)


def rows(person: Person, query: str, *values: Any) -> list[dict[str, Any]]:
    """The rows of the person's workspace, once everything recorded is in them."""
    brought_up_to_date(person.system)
    with connect(person.system.url, WORKER) as connection, connection.cursor(row_factory=dict_row) as cursor:
        text = f"SELECT * FROM (SELECT * FROM {query}) v WHERE workspace = %s"
        return cursor.execute(text.encode(), (*values, person.workspace)).fetchall()


def row(person: Person, query: str, *values: Any) -> dict[str, Any]:
    (only,) = rows(person, query, *values)
    return only


def some(found: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: found[name] for name in names}


@contextmanager
def data_login(settings: Settings, person: Person) -> Iterator[Connection]:
    """A connection as a data team that was given the person's workspace."""
    assert settings.data_dir
    name = f"team_{person.workspace.hex}"
    administration = EmbeddedPostgres(settings.data_dir).administration_url
    with psycopg.connect(administration, autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE ROLE {} LOGIN IN ROLE umt_data").format(sql.Identifier(name)))
        try:
            superuser.execute("INSERT INTO umt.data_login VALUES (%s, %s)", (name, person.workspace))
            superuser.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(name)))
            yield superuser
        finally:
            superuser.execute("RESET SESSION AUTHORIZATION")
            superuser.execute("DELETE FROM umt.data_login WHERE login = %s", (name,))
            superuser.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


# What is published


def test_everything_in_read_v1_is_explained(wired: System) -> None:
    with connect(wired.url, OWNER) as connection:
        silent = connection.execute(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum >= 0"
            " WHERE c.relnamespace = 'read_v1'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')"
            " AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL"
            " UNION ALL SELECT c.relname, NULL FROM pg_class c"
            " WHERE c.relnamespace = 'read_v1'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')"
            " AND obj_description(c.oid, 'pg_class') IS NULL"
            " UNION ALL SELECT p.proname, NULL FROM pg_proc p"
            " WHERE p.pronamespace = 'read_v1'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL"
        ).fetchall()
        (published,) = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'read_v1'::regnamespace"
        ).fetchall()
    assert silent == []
    assert published[0] > 20


def test_everything_in_read_v1_is_read_with_the_readers_own_rights(wired: System) -> None:
    with connect(wired.url, OWNER) as connection:
        otherwise = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'read_v1'::regnamespace"
            " AND (relkind <> 'v' OR NOT 'security_invoker=true' = ANY(coalesce(reloptions, '{}')))"
            " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'read_v1'::regnamespace AND prosecdef"
        ).fetchall()
    assert otherwise == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_shows_the_columns_that_it_declares(wired: System, view: Any) -> None:
    with connect(wired.url, OWNER) as connection:
        shown = connection.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
            (f"read_v1.{view.name}",),
        ).fetchall()
        declared = [
            (column.name, connection.execute("SELECT %s::regtype::text", (column.sql_type,)).fetchall()[0][0])
            for column in view.published
        ]
    assert shown == declared


# Brands, campaigns, contents


def test_a_campaign_shows_what_is_left_of_its_budget_and_what_it_brought_about(pat: Person) -> None:
    campaign = record(pat, Campaign, uuid4(), *stories.live_campaign(google="600 EUR", linkedin="300 EUR"))
    judged = CampaignScored(Decimal("0.55"), (PlatformScore(GOOGLE, Decimal("0.62")),), FIRST)
    ad = Ad("123", "45", "active")
    record(pat, Campaign, campaign, judged, AdCreated(stories.ad_set(GOOGLE).id, ad))
    report(pat, campaign, FIRST, Figures(1000, 50, 5, 0, Decimal("620.50"), Decimal("1241")))
    report(pat, campaign, None, Figures(0, 0, 0, 0, Decimal("30")), platform=LINKEDIN)

    overview = row(pat, "read_v1.campaign_overview")
    assert some(overview, "total_budget", "spent_budget", "remaining_budget", "score") == {
        "total_budget": Decimal(1000),
        "spent_budget": Decimal("650.50"),
        "remaining_budget": Decimal("349.50"),
        "score": Decimal("0.55"),
    }
    assert some(overview, "ctr", "cpc", "cpa", "roas") == {
        "ctr": Decimal("0.05"),
        "cpc": Decimal("13.01"),
        "cpa": Decimal("130.1"),
        "roas": Decimal("1.907763"),
    }
    assert overview["created_by"] == "agent:content-ads"
    assert overview["last_optimised_at"] is not None
    google, linkedin = sorted(rows(pat, "read_v1.campaign_platforms"), key=lambda of: str(of["platform"]))
    assert some(google, "external_campaign", "allocated_budget", "remaining_budget", "score", "active") == {
        "external_campaign": "45",
        "allocated_budget": Decimal(600),
        "remaining_budget": Decimal("-20.50"),
        "score": Decimal("0.62"),
        "active": True,
    }
    assert some(linkedin, "external_campaign", "spent_budget", "score") == {
        "external_campaign": None,
        "spent_budget": Decimal(30),
        "score": None,
    }
    (day,) = rows(pat, "read_v1.campaign_daily_metrics")
    assert some(day, "platform", "day", "spend", "score") == {
        "platform": "google",
        "day": FIRST,
        "spend": Decimal("620.50"),
        "score": Decimal("0.62"),
    }


def test_a_campaign_without_figures_has_its_whole_budget_left(pat: Person) -> None:
    record(pat, Campaign, uuid4(), *stories.draft_campaign())
    record(pat, Campaign, uuid4(), CampaignImported("Winter", "916", "EUR", (GOOGLE,)))

    left = {found["name"]: found["remaining_budget"] for found in rows(pat, "read_v1.campaign_overview")}
    assert left == {"Spring": Decimal(1000), "Winter": None}
    assert {found["ctr"] for found in rows(pat, "read_v1.campaign_overview")} == {None}


def test_the_daily_totals_of_campaigns_platforms_and_brands_add_up(pat: Person) -> None:
    ours = [record(pat, Campaign, uuid4(), *stories.draft_campaign()) for _ in range(2)]
    imported = record(pat, Campaign, uuid4(), CampaignImported("Winter", "916", "EUR", (GOOGLE,)))
    for campaign in (*ours, imported):
        for platform in (GOOGLE, LINKEDIN):
            for day in (FIRST, SECOND):
                report(pat, campaign, day, Figures(100, 10, 1, 0, Decimal("2.5")), platform=platform)
    report(pat, ours[0], FIRST, Figures(100, 10, 3, 0, Decimal("4.5")), Figures(100, 10, 1, 0, Decimal("2.5")))

    by_campaign = rows(pat, "read_v1.campaign_daily_totals")
    by_platform = rows(pat, "read_v1.platform_daily_totals")
    by_brand = rows(pat, "read_v1.brand_daily_totals")
    assert {(r["campaign"] == ours[0], r["day"]): r["spend"] for r in by_campaign if r["campaign"] != imported} == {
        (True, FIRST): Decimal(7),
        (True, SECOND): Decimal(5),
        (False, FIRST): Decimal(5),
        (False, SECOND): Decimal(5),
    }
    assert {(r["platform"], r["day"]): r["spend"] for r in by_platform} == {
        ("google", FIRST): Decimal("9.5"),
        ("google", SECOND): Decimal("7.5"),
        ("linkedin", FIRST): Decimal("7.5"),
        ("linkedin", SECOND): Decimal("7.5"),
    }
    assert {(r["brand"], r["day"]): (r["spend"], r["conversions"]) for r in by_brand} == {
        (stories.BRAND, FIRST): (Decimal(12), 6),
        (stories.BRAND, SECOND): (Decimal(10), 4),
    }


def test_a_publication_is_followed_channel_by_channel(pat: Person) -> None:
    content = uuid4()
    record(pat, Content, content, *stories.selected_content(CMS, LINKEDIN))
    record(pat, Content, content, PublicationScheduled(LINKEDIN, REPORTED))
    record(pat, Content, content, *stories.approved_content()[-1:], PublicationFailed(CMS, "The title is taken."))
    asked = {found["channel"]: found for found in rows(pat, "read_v1.publications")}
    assert some(asked["cms"], "state", "failure", "failures") == {
        "state": "failed",
        "failure": "The title is taken.",
        "failures": 1,
    }
    assert some(asked["linkedin"], "state", "scheduled_for", "brand") == {
        "state": "scheduled",
        "scheduled_for": REPORTED,
        "brand": stories.BRAND,
    }

    record(pat, Content, content, PublicationRetried(CMS))
    (found,) = [each for each in rows(pat, "read_v1.publications") if each["channel"] == "cms"]
    assert some(found, "state", "failure", "failures") == {"state": "requested", "failure": None, "failures": 1}

    record(pat, Content, content, *stories.published_content()[-1:])
    (found,) = [each for each in rows(pat, "read_v1.publications") if each["channel"] == "cms"]
    assert some(found, "state", "url", "external_id", "failure", "failures") == {
        "state": "published",
        "url": "https://acme.example/spring",
        "external_id": "7",
        "failure": None,
        "failures": 1,
    }
    assert found["published_at"] >= found["requested_at"]


def test_an_ad_set_shows_the_ad_that_came_of_it(pat: Person) -> None:
    campaign = record(pat, Campaign, uuid4(), *stories.live_campaign(google="600 EUR", linkedin="300 EUR"))
    record(pat, Campaign, campaign, AdCreated(stories.ad_set(GOOGLE).id, Ad("123", "45", "active")))
    record(pat, Campaign, campaign, AdRefused(stories.ad_set(LINKEDIN).id, "The headline shouts."))

    found = {each["platform"]: each for each in rows(pat, "read_v1.ad_sets")}
    assert some(found["google"], "state", "external_ad", "external_campaign", "content") == {
        "state": "created",
        "external_ad": "123",
        "external_campaign": "45",
        "content": stories.CONTENT,
    }
    assert some(found["linkedin"], "state", "external_ad", "failure") == {
        "state": "refused",
        "external_ad": None,
        "failure": "The headline shouts.",
    }


# Budgets and the optimiser


def test_a_revised_draft_shows_its_plan_and_its_new_shares(pat: Person) -> None:
    to_linkedin = (Allocation(LINKEDIN, stories.eur(700)),)
    revision = CampaignRevised(
        "Summer", Objective.LEADS, stories.eur(800), stories.MARCH, (LINKEDIN, GOOGLE), to_linkedin, "user:anna"
    )
    shares = stories.ready_campaign(google="600 EUR")[1]
    draft = record(pat, Campaign, uuid4(), *stories.draft_campaign(), shares, revision)
    found = row(pat, "read_v1.campaigns")
    assert some(found, "campaign", "name", "objective", "total_budget", "platforms", "allocation", "version") == {
        "campaign": draft,
        "name": "Summer",
        "objective": "leads",
        "total_budget": Decimal(800),
        "platforms": ["linkedin", "google"],
        "allocation": {"linkedin": "700.00"},
        "version": 3,
    }
    changes = {of["version"]: (of["platform"], of["after"]) for of in rows(pat, "read_v1.budget_history")}
    assert changes == {2: ("google", Decimal(600)), 3: ("linkedin", Decimal(700))}


def test_the_budget_history_carries_on_from_the_last_allocation(pat: Person) -> None:
    campaign = record(pat, Campaign, uuid4(), *stories.ready_campaign(google="600 EUR", linkedin="300 EUR"))
    allocation = stories.ready_campaign(google="500 EUR", linkedin="400 EUR")[1]
    assert isinstance(allocation, BudgetAllocated)
    moved = BudgetReallocated(LINKEDIN, GOOGLE, stories.eur(150), FIRST, "higher return")
    raised = BudgetRaised(GOOGLE, stories.eur(50), SECOND, "does well")
    record(pat, Campaign, campaign, allocation, *stories.live_campaign()[-2:], moved, raised)

    found = sorted(rows(pat, "read_v1.budget_history"), key=lambda of: (of["platform"], of["version"]))
    assert [(of["platform"], of["action"], of["before"], of["after"]) for of in found] == [
        ("google", "allocate", None, Decimal(600)),
        ("google", "allocate", Decimal(600), Decimal(500)),
        ("google", "reallocate", Decimal(500), Decimal(650)),
        ("google", "raise_budget", Decimal(650), Decimal(700)),
        ("linkedin", "allocate", None, Decimal(300)),
        ("linkedin", "allocate", Decimal(300), Decimal(400)),
        ("linkedin", "reallocate", Decimal(400), Decimal(250)),
    ]
    overview = {of["platform"]: of["allocated_budget"] for of in rows(pat, "read_v1.campaign_platforms")}
    assert overview == {"google": Decimal(700), "linkedin": Decimal(250)}


def decision(action: str, campaign: UUID, target: str = "", **values: Any) -> agent_run.DecisionMade:
    return agent_run.DecisionMade(action, "campaign", campaign, f"why {action}", "rule", target, **values)


def issued(command: str, outcome: str = "accepted") -> agent_run.CommandIssued:
    return agent_run.CommandIssued(command, "{}", outcome == "accepted", outcome)


def started(campaign: UUID, trigger: str, position: int) -> agent_run.RunStarted:
    return agent_run.RunStarted("content-ads", uuid4(), trigger, position, "campaign", campaign)


def test_the_optimisation_log_says_what_came_of_each_decision(pat: Person) -> None:
    campaign = record(pat, Campaign, uuid4(), *stories.live_campaign(google="600 EUR", linkedin="300 EUR"))
    one, run, reaction = uuid4(), uuid4(), uuid4()
    move = BudgetReallocated(GOOGLE, LINKEDIN, stories.eur(100), FIRST, "higher return")
    record(pat, AgentRun, run, started(campaign, "campaign.optimization_requested", 1), correlation=one)
    record(
        pat,
        AgentRun,
        run,
        decision("reallocate", campaign, "google>linkedin", amount=Decimal(100), confidence=Decimal("0.8")),
        correlation=one,
    )
    record(pat, Campaign, campaign, move, correlation=one)
    record(pat, AgentRun, run, issued("ReallocateBudget"), decision("pause", campaign, "google"), correlation=one)
    record(pat, Campaign, campaign, PlatformPaused(GOOGLE, FIRST, "does badly"), correlation=one)
    record(
        pat,
        AgentRun,
        run,
        issued("PausePlatform"),
        decision("raise_budget", campaign, "linkedin", amount=Decimal(5000)),
        issued("RaiseBudget", "INSUFFICIENT_BUDGET: too little"),
        decision("alert", campaign, "google"),
        issued("OptimizeCampaign"),
        decision("hold", campaign),
        correlation=one,
    )
    brought_up_to_date(pat.system)
    moved_at = {found["action"]: found["position"] for found in rows(pat, "read_v1.campaign_changes")}
    first, second = uuid4(), uuid4()
    record(
        pat,
        AgentRun,
        reaction,
        started(campaign, "campaign.budget_reallocated", moved_at["reallocate"]),
        agent_run.EffectRequested(first, "SetBudget", '{"platform":"google"}'),
        agent_run.EffectRequested(second, "SetBudget", '{"platform":"linkedin"}'),
        agent_run.EffectSucceeded(first, 1, "{}"),
    )

    def outcomes() -> dict[str, Any]:
        found = rows(pat, "read_v1.optimisation_log")
        return {of["action"]: (of["success"], of["error"], of["open_effects"]) for of in found}

    assert outcomes() == {
        "reallocate": (True, None, 1),
        "pause": (True, None, 0),
        "raise_budget": (False, "INSUFFICIENT_BUDGET: too little", 0),
        "alert": (None, None, 0),
        "hold": (None, None, 0),
    }
    record(pat, AgentRun, reaction, agent_run.EffectFailed(second, 1, "403: no permission"))
    assert outcomes()["reallocate"] == (False, "linkedin: 403: no permission", 0)

    found = {of["action"]: of for of in rows(pat, "read_v1.optimisation_log")}
    assert some(found["reallocate"], "campaign", "reason", "confidence", "before", "after") == {
        "campaign": campaign,
        "reason": "why reallocate",
        "confidence": Decimal("0.8"),
        "before": {"google": "600.00", "linkedin": "300.00"},
        "after": {"google": "500.00", "linkedin": "400.00"},
    }
    assert some(found["pause"], "before", "after") == {"before": {"google": "active"}, "after": {"google": "paused"}}
    assert some(found["raise_budget"], "before", "after") == {"before": None, "after": None}
    assert {of["action"]: of["state"] for of in rows(pat, "read_v1.recommendations")} == {
        "reallocate": "applied",
        "pause": "applied",
        "raise_budget": "rejected",
        "alert": "open",
    }


def taken_up(person: Person, *types: type[Event]) -> None:
    """Let the agent take up what is recorded of these types."""
    names = [each.type_name for each in types]
    page = person.system.source.page(0, 10_000, types=names, workspace=person.workspace)
    for at in page.events:
        assert isinstance(at, Recorded)
        person.system.runtime.react(content_ads, at).result()


def test_the_optimisation_log_follows_the_agents_own_runs(pat: Person) -> None:
    today = datetime.now(UTC).date()
    created, *rest = stories.live_campaign(google="400 EUR", linkedin="400 EUR")
    assert isinstance(created, CampaignCreated)
    running = replace(created, schedule=Schedule(today - timedelta(days=20), today + timedelta(days=20)))
    ads = [AdCreated(stories.ad_set(p).id, Ad(p.value, f"campaign-{p}", "active")) for p in (GOOGLE, LINKEDIN)]
    campaign = record(pat, Campaign, uuid4(), running, *rest, *ads)
    good, bad = Figures(2000, 200, 30, 0, Decimal(10), Decimal(120)), Figures(20_000, 40, 0, 0, Decimal(10))
    for platform, figures in ((GOOGLE, good), (LINKEDIN, bad)):
        pat.does(ConnectIntegration(platform=platform, account="1234567890", credential="token"))
        days = tuple(Record("ad", today - timedelta(days=age), figures) for age in range(1, 19))
        pat.does(
            RecordPerformance(
                campaign=campaign, platform=platform, currency="EUR", reported_at=datetime.now(UTC), records=days
            )
        )
    pat.does(OptimizeCampaign(campaign=campaign, reason="weekly review"))
    taken_up(pat, OptimizationRequested)
    taken_up(pat, PlatformPaused, BudgetRaised, BudgetReallocated)

    found = {of["action"]: of for of in rows(pat, "read_v1.optimisation_log")}
    paused, raised = found["pause"], found["raise_budget"]
    assert some(paused, "target", "before", "after", "success", "error", "open_effects") == {
        "target": "linkedin",
        "before": {"linkedin": "active"},
        "after": {"linkedin": "paused"},
        "success": True,
        "error": None,
        "open_effects": 1,
    }
    after = {of["platform"]: of["allocated_budget"] for of in rows(pat, "read_v1.campaign_platforms")}
    assert (raised["target"], raised["before"], raised["success"]) == ("google", {"google": "400.00"}, True)
    assert Decimal(raised["after"]["google"]) == after["google"] > 400
    assert raised["open_effects"] == 1
    assert row(pat, "read_v1.campaign_overview")["last_optimised_at"] is not None


def test_an_effect_of_an_unknown_request_is_shown_without_a_platform(pat: Person) -> None:
    run, effect = uuid4(), uuid4()
    record(
        pat,
        AgentRun,
        run,
        started(uuid4(), "campaign.launched", 1),
        agent_run.EffectRequested(effect, "Written", "not JSON"),
        agent_run.EffectAttempted(effect, 1, "503: overloaded", REPORTED),
    )
    assert some(row(pat, "read_v1.agent_effects"), "kind", "platform", "status", "attempts", "error", "retry_at") == {
        "kind": "Written",
        "platform": None,
        "status": "requested",
        "attempts": 1,
        "error": "503: overloaded",
        "retry_at": REPORTED,
    }


# Time


def test_figures_are_read_as_now_corrected_and_as_known_at_any_time(
    settings: Settings, pat: Person, sam: Person
) -> None:
    known = [Figures(100, 10, n, 0, Decimal("2.5")) for n in range(3)]
    campaign = uuid4()
    moments = [clock(pat.system)]
    for number, figures in enumerate(known):
        report(pat, campaign, FIRST, figures, known[number - 1] if number else None)
        report(sam, uuid4(), FIRST, figures)
        moments.append(clock(pat.system))
    report(pat, campaign, None, known[2])

    now = {found["period"]: found for found in rows(pat, "read_v1.performance_by_ad")}
    assert (now["2026-03-02"]["conversions"], now["2026-03-02"]["restatements"]) == (2, 2)
    assert (now["lifetime"]["day"], now["lifetime"]["restatements"]) == (None, 0)
    assert len(rows(pat, "read_v1.performance_history")) == 4
    then = [rows(pat, "read_v1.performance_known_at(%s)", moment) for moment in moments]
    assert [[found["conversions"] for found in of] for of in then] == [[], [0], [1], [2]]
    assert [found["position"] for found in then[-1]] == [now["2026-03-02"]["position"]]

    with data_login(settings, pat) as team:
        assert team.execute("SELECT DISTINCT workspace FROM read_v1.event_log").fetchall() == [(pat.workspace,)]
        for moment, found in zip(moments, then, strict=True):
            seen = team.execute("SELECT workspace, conversions FROM read_v1.performance_known_at(%s)", (moment,))
            assert seen.fetchall() == [(pat.workspace, each["conversions"]) for each in found]
            at = "SELECT count(*) FROM read_v1.performance_history WHERE position <= umt.position_at(%s)"
            assert team.execute(at, (moment,)).fetchall() == [(moments.index(moment),)]


def test_a_time_is_the_last_position_recorded_by_then(pat: Person) -> None:
    for _ in range(5):
        record(pat, Brand, uuid4(), *stories.archived_brand())
    with connect(pat.system.url, WORKER) as connection:
        times = [at for (at,) in connection.execute("SELECT DISTINCT recorded_at FROM umt.event").fetchall()]
        moments = [at + timedelta(microseconds=n) for at in times for n in (-1, 0, 1)]
        found = connection.execute(
            "SELECT m, umt.position_at(m), (SELECT coalesce(max(position), 0) FROM umt.event WHERE recorded_at <= m)"
            " FROM unnest(%s::timestamptz[]) m",
            (moments,),
        ).fetchall()
    assert len(found) > 10
    assert [(m, by_halves) for m, by_halves, _ in found] == [(m, by_scan) for m, _, by_scan in found]


def test_before_the_first_event_a_time_is_no_position(pat: Person) -> None:
    with connect(pat.system.url, WORKER) as connection:
        assert connection.execute("SELECT umt.position_at('2000-01-01')").fetchall() == [(0,)]
        assert connection.execute("SELECT umt.position_at('infinity') = umt.head()").fetchall() == [(True,)]


def test_the_event_log_shows_bodies_as_jsonb_and_persons_as_ciphertext(
    settings: Settings, pat: Person, sam: Person
) -> None:
    campaign = record(pat, Campaign, uuid4(), *stories.draft_campaign())
    with data_login(settings, pat) as team, team.cursor(row_factory=dict_row) as cursor:
        created = cursor.execute("SELECT * FROM read_v1.event_log WHERE stream = %s", (campaign,)).fetchone()
        registered = cursor.execute(
            "SELECT body::text FROM read_v1.event_log WHERE type = 'user.registered'"
        ).fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            cursor.execute("DELETE FROM umt.event")
    assert created
    assert some(created, "type", "version", "schema_version", "actor_kind", "actor") == {
        "type": "campaign.created",
        "version": 1,
        "schema_version": 1,
        "actor_kind": "agent",
        "actor": "content-ads",
    }
    assert created["body"]["total_budget"] == {"amount": "1000.00", "currency": "EUR"}
    assert str(created["correlation"]) == created["metadata"]["correlation"]
    assert created["effective_at"].tzinfo is not None
    assert registered
    assert "sealed" in registered["body"]
    assert "Pat Person" not in registered["body"]
