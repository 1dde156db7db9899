"""Screens of a workspace with 100,000 campaigns and 5 million rows of performance, at 50 requests a second: how long the
slowest twentieth takes. Nothing is kept between requests, and each asks for something else than the one before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from psycopg import sql

from umt.application.commands.brand import CreateBrand
from umt.application.commands.campaign import ReviseCampaign
from umt.application.dispatch import Command
from umt.application.transaction import Context
from umt.bench.figure import Goal, Measure
from umt.bench.graphql.load import Request, latencies
from umt.bench.graphql.samples import BRANDS, brand_id, rows
from umt.bench.graphql.tenant import REAL, Tenant, live, tenant
from umt.bench.log.workload import INDUSTRY, SHARES, create_campaign, quantile
from umt.bench.server import Server
from umt.bench.trial import Trial
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role
from umt.projections.agents import AGENT_DECISIONS
from umt.projections.brands import BRANDS as BRAND_ROWS
from umt.projections.campaigns import CAMPAIGNS
from umt.projections.performance import (
    CAMPAIGN_DAILY_TOTALS,
    CAMPAIGN_PERFORMANCE,
    CAMPAIGN_TOTALS,
    DASHBOARD,
    PLATFORM_DAILY_TOTALS,
)
from umt.projections.table import NOTED, Row, Table


class Size(msgspec.Struct, frozen=True):
    """How much there is, and how long it is asked for."""

    campaigns: int = 100_000
    days: int = 25
    """Each with a row for each of two platforms."""
    seconds: float = 20.0


QUICK: Final = Size(campaigns=1_000, days=5, seconds=2.0)
RATE: Final = 50.0
"""Requests a second."""
OPENED: Final = 200
"""Campaigns whose page is opened, one after the other; these have a history."""
CHANGES: Final = 10

LIST: Final = """query List($filter: CampaignFilter, $order: CampaignOrder, $after: String) {
  campaigns(filter: $filter, orderBy: $order, first: 20, after: $after) {
    totalCount
    edges { cursor node { id name status objective totalBudget { amount currency } schedule { startsOn endsOn }
      platforms version brand { id name } totals { platform currency spend } } }
    pageInfo { endCursor hasNextPage }
  }
}"""
DASHBOARD_SCREEN: Final = """query Dashboard($from: Date!) {
  dashboard { currency impressions clicks conversions spend revenue ctr cpa roas }
  campaigns(filter: { statuses: [LIVE, PAUSED], endsOn: { since: $from } }, orderBy: { field: ENDS_ON, direction: ASC },
      first: 10) {
    nodes { id name status totalBudget { amount currency } totals { platform currency spend conversions roas } }
  }
}"""
PAGE: Final = """query Page($id: ID!) {
  campaign(id: $id) {
    id name status objective totalBudget { amount currency } reserve { amount } schedule { startsOn endsOn timeZone }
    allocation { platform paused amount { amount currency } } brand { id name }
    totals { platform currency impressions clicks conversions spend revenue roas }
    performance { day platform currency impressions clicks spend revenue }
    decisions(last: 10) { nodes { action reason decidedAt } }
    history(last: 20) { nodes { recordedAt actor text } }
  }
}"""


def _goal(milliseconds: float) -> Goal:
    return Goal(below=milliseconds)


_AT: Final = f"{RATE:.0f} requests/s, p95"
LISTED: Final = Measure(f"campaign list, filtered, sorted and counted, {_AT}", "ms", _goal(25), less_is_better=True)
DASHBOARDS: Final = Measure(f"dashboard, {_AT}", "ms", _goal(25), less_is_better=True)
PAGES: Final = Measure(
    f"campaign page with 25 days, decisions and history, {_AT}", "ms", _goal(30), less_is_better=True
)


@contextmanager
def trials(server: Server, *, quick: bool) -> Iterator[list[Trial]]:
    """The screens of one workspace."""
    size = QUICK if quick else Size()
    with tenant(server) as who:
        opened = _with_history(who)
        who.settle()
        _fill(who, opened, size)
        who.settle()
        with who.served(REAL, UMT_KEPT_ANSWERS_BYTES="0") as url:

            def screen(measure: Measure, query: str, asked: Sequence[dict[str, Any]]) -> Trial:
                requests = [Request.of(url, query, variables, who.token) for variables in asked]
                return Trial(measure.name, lambda: {measure: _slowest(requests, size.seconds)})

            yield [
                screen(LISTED, LIST, list(_lists())),
                screen(DASHBOARDS, DASHBOARD_SCREEN, [{"from": f"2026-03-{day:02}"} for day in range(1, 31)]),
                screen(PAGES, PAGE, [{"id": str(campaign)} for campaign in opened]),
            ]


def _slowest(requests: Sequence[Request], seconds: float) -> float:
    """What 95 of 100 answers took at most, in ms."""
    return 1000 * quantile(asyncio.run(latencies(requests, RATE, seconds)), 0.95)


def _lists() -> Iterator[dict[str, Any]]:
    for order in ("NAME", "TOTAL_BUDGET", "CREATED_AT", "ENDS_ON"):
        for direction in ("ASC", "DESC"):
            for statuses in (["LIVE"], ["DRAFT", "PAUSED"]):
                for brands in (None, [str(brand_id(len(statuses)))]):
                    yield {
                        "filter": {"statuses": statuses, "brands": brands},
                        "order": {"field": order, "direction": direction},
                    }


def _with_history(who: Tenant) -> list[UUID]:
    """Campaigns that were set up and changed by commands."""
    context = Context(workspace=who.workspace, actor=Actor(ActorKind.USER, str(uuid4())), role=Role.OWNER)

    def done(command: Command) -> UUID:
        subject = who.system.dispatcher.submit(command, context).result().subject
        assert subject
        return subject

    brand = done(CreateBrand(name="Bench", industry=INDUSTRY))
    made = [done(create_campaign(brand, number)) for number in range(OPENED)]
    for campaign in made:
        for number in range(CHANGES):
            done(ReviseCampaign(campaign=campaign, name=f"Spring {number}", allocation=SHARES if number % 2 else ()))
    return made


def _fill(who: Tenant, opened: Sequence[UUID], size: Size) -> None:
    """All else, in the tables that projections would have filled."""
    who.insert(BRAND_ROWS, [_brand(who.workspace, number) for number in range(BRANDS)])
    campaigns = rows(size.campaigns - len(opened), who.workspace)
    who.insert(CAMPAIGNS, [{name: value for name, value in row.items() if name != "incomplete"} for row in campaigns])
    who.insert(AGENT_DECISIONS, [_decision(who.workspace, campaign, n) for campaign in opened for n in range(20)])
    figures = "1000 + n, 20 + n % 7, n % 5, n % 3, 12.5 + n % 11, 40 + n % 13"
    days = f"(SELECT date '2026-03-01' + n AS day, n FROM generate_series(0, {size.days - 1}) n)"  # noqa: S608
    of_campaigns = "(SELECT campaign FROM read_v1.campaigns WHERE workspace = {workspace}) c"
    platforms = "unnest(ARRAY['google', 'facebook']) platform"
    for table, key, source in (
        (CAMPAIGN_PERFORMANCE, "campaign, platform, day, 'EUR'", f"{of_campaigns}, {platforms}, {days} d"),
        (CAMPAIGN_DAILY_TOTALS, "campaign, day, 'EUR'", f"{of_campaigns}, {days} d"),
        (CAMPAIGN_TOTALS, "campaign, platform, 'EUR'", f"{of_campaigns}, {platforms}, (SELECT 17 AS n) d"),
        (PLATFORM_DAILY_TOTALS, "platform, day, 'EUR'", f"{platforms}, {days} d"),
        (DASHBOARD, "'EUR'", "(SELECT 1000000 AS n) d"),
    ):
        _sum(who, table, key, source, figures)


def _sum(who: Tenant, table: Table, key: str, source: str, figures: str) -> None:
    columns = ", ".join(column.name for column in (*table.all_key, *NOTED, *table.columns))
    with who.system.as_owner() as owner, owner.transaction():
        owner.execute("SELECT set_config('umt.workspace', %s, true)", (str(who.workspace),))
        # Of constants of this module.
        text = f"INSERT INTO {{table}} ({columns}) SELECT {{workspace}}, {key}, 1, now(), {figures} FROM {source}"  # noqa: S608
        owner.execute(sql.SQL(text).format(table=live(owner, table), workspace=who.workspace))


def _brand(workspace: UUID, number: int) -> Row:
    return {
        "workspace": workspace,
        "brand": brand_id(number),
        "position": number,
        "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
        "name": f"Firm {number}",
        "industry": "Outdoor",
        "industry_code": "",
        "description": "",
        "styling": {},
        "audiences": [],
        "social_accounts": [],
        "competitors": [],
        "archived": False,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "version": 1,
        "name_key": f"firm {number}",
    }


def _decision(workspace: UUID, campaign: UUID, number: int) -> Row:
    return {
        "workspace": workspace,
        "run": uuid4(),
        "sequence": 1,
        "position": number,
        "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
        "agent": "content_ads",
        "action": "hold",
        "subject_kind": "campaign",
        "subject": campaign,
        "target": "google",
        "amount": None,
        "currency": "",
        "reason": "Nothing stands out.",
        "rule": "guardrails",
        "score": Decimal("0.6"),
        "confidence": Decimal("0.9"),
        "evidence": [],
        "guardrails": [],
        "decided_at": datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=number),
        "correlation": uuid4(),
    }
