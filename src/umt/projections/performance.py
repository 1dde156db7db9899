"""Read models: performance by day of campaigns, platforms and brands; over all time; and the workspace's dashboard.

Each event says by how much the sums change, so these rows are fed by many streams without an order between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from umt.domain.performance import Figures, PerformanceRecorded
from umt.domain.recorded import Envelope
from umt.projections.figures import CURRENCY, FIGURES, RATIOS, REPORTED, figures, ratios
from umt.projections.table import Change, Column, Projection, Table
from umt.projections.views import View

_DAY: Final = Column("day", "date", "The day, in the ad account's time zone.")
_CAMPAIGN: Final = Column("campaign", "uuid", "The campaign's id.")
_PLATFORM: Final = Column("platform", "text", "The platform.")

CAMPAIGN_PERFORMANCE = Table(
    "campaign_performance",
    "What a campaign's ads on a platform brought about on a day. Lifetime records are in the totals only.",
    key=(_CAMPAIGN, _PLATFORM, _DAY, CURRENCY),
    columns=FIGURES,
)
CAMPAIGN_DAILY_TOTALS = Table(
    "campaign_daily_totals",
    "What a campaign's ads on all platforms brought about on a day, without lifetime records.",
    key=(_CAMPAIGN, _DAY, CURRENCY),
    columns=FIGURES,
)
PLATFORM_DAILY_TOTALS = Table(
    "platform_daily_totals",
    "What a workspace's ads on a platform brought about on a day, without lifetime records.",
    key=(_PLATFORM, _DAY, CURRENCY),
    columns=FIGURES,
)
campaign_performance = Projection(
    "campaign_performance", CAMPAIGN_PERFORMANCE, CAMPAIGN_DAILY_TOTALS, PLATFORM_DAILY_TOTALS
)

CAMPAIGN_TOTALS = Table(
    "campaign_totals",
    "What a campaign's ads on a platform brought about over all time, lifetime records included.",
    key=(_CAMPAIGN, _PLATFORM, CURRENCY),
    columns=FIGURES,
)
DASHBOARD = Table(
    "dashboard",
    "What all of a workspace's ads brought about over all time, by currency.",
    key=(CURRENCY,),
    columns=FIGURES,
)
dashboard = Projection("dashboard", CAMPAIGN_TOTALS, DASHBOARD)

BRAND_DAILY_TOTALS = View(
    "brand_daily_totals",
    "What the ads of a brand's campaigns brought about on a day. Imported campaigns have no brand and are not in it.",
    key=(Column("brand", "uuid", "The brand's id."), _DAY, CURRENCY),
    columns=REPORTED,
    # A row that its campaigns lack touches it too: of figures, or of a campaign, whose brand is then unknown.
    select="""
        SELECT b.workspace, b.brand, b.day, b.currency, b.position, b.updated_at,
               b.incomplete OR EXISTS (
                   SELECT FROM umt.incomplete_rows('campaign_daily_totals', b.workspace) m
                   LEFT JOIN read_v1.campaigns c ON (c.workspace, c.campaign) = (b.workspace, m.row_key[1]::uuid)
                   WHERE (c.campaign IS NULL OR c.brand = b.brand)
                       AND coalesce(m.row_key[2] = to_char(b.day, 'YYYY-MM-DD'), true)
                       AND coalesce(m.row_key[3] = b.currency, true)
               ) OR EXISTS (
                   SELECT FROM umt.incomplete_rows('campaigns', b.workspace) m
                   JOIN read_v1.campaign_daily_totals d
                       ON (d.workspace, d.campaign, d.day, d.currency)
                        = (b.workspace, m.row_key[1]::uuid, b.day, b.currency)
                   WHERE NOT EXISTS (
                       SELECT FROM read_v1.campaigns c
                       WHERE (c.workspace, c.campaign) = (d.workspace, d.campaign)
                   )
               ) AS incomplete,
               b.impressions, b.clicks, b.conversions, b.leads, b.spend, b.revenue
        FROM (
            SELECT c.workspace, c.brand, d.day, d.currency,
                   greatest(max(d.position), max(c.position)) AS position,
                   greatest(max(d.updated_at), max(c.updated_at)) AS updated_at,
                   bool_or(d.incomplete OR c.incomplete) AS incomplete,
                   sum(d.impressions) AS impressions, sum(d.clicks) AS clicks, sum(d.conversions) AS conversions,
                   sum(d.leads) AS leads, sum(d.spend) AS spend, sum(d.revenue) AS revenue
            FROM read_v1.campaign_daily_totals d JOIN read_v1.campaigns c USING (workspace, campaign)
            WHERE c.brand IS NOT NULL
            GROUP BY c.workspace, c.brand, d.day, d.currency
        ) b
    """,
)
CAMPAIGN_DAILY_METRICS = View(
    "campaign_daily_metrics",
    "A campaign's day on a platform with its ratios, and the platform's score as it was judged on that day.",
    key=CAMPAIGN_PERFORMANCE.key,
    columns=(*REPORTED, *RATIOS, Column("score", "numeric", "Score between 0 and 1; null on a day without judgement.")),
    select=f"""
        SELECT p.workspace, p.campaign, p.platform, p.day, p.currency,
               greatest(p.position, s.position) AS position, greatest(p.updated_at, s.updated_at) AS updated_at,
               p.incomplete OR EXISTS (
                   SELECT FROM umt.incomplete_rows('platform_scores', p.workspace, p.campaign::text, p.platform)
               ) AS incomplete,
               p.impressions, p.clicks, p.conversions, p.leads, p.spend, p.revenue, {ratios("p")}, s.score
        FROM read_v1.campaign_performance p
        LEFT JOIN read_v1.platform_scores s
            ON (s.workspace, s.campaign, s.platform, s.scored_on) = (p.workspace, p.campaign, p.platform, p.day)
    """,  # noqa: S608 - made of constants
)


@campaign_performance.on(PerformanceRecorded)
def by_day(event: PerformanceRecorded, at: Envelope) -> Iterator[Change]:
    sums: dict[date, Figures] = {}
    for record in event.records:
        if record.day:
            sums[record.day] = sums.get(record.day, _NOTHING) + record.change
    for day, total in sums.items():
        change = figures(total)
        yield CAMPAIGN_PERFORMANCE.add(at, event.campaign, event.platform, day, event.currency, **change)
        yield CAMPAIGN_DAILY_TOTALS.add(at, event.campaign, day, event.currency, **change)
        yield PLATFORM_DAILY_TOTALS.add(at, event.platform, day, event.currency, **change)


@dashboard.on(PerformanceRecorded)
def over_all_time(event: PerformanceRecorded, at: Envelope) -> Iterator[Change]:
    total = figures(sum((record.change for record in event.records), _NOTHING))
    yield CAMPAIGN_TOTALS.add(at, event.campaign, event.platform, event.currency, **total)
    yield DASHBOARD.add(at, event.currency, **total)


_NOTHING = Figures()
