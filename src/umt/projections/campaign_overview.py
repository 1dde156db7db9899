"""Read models: a campaign, and each of its platforms, with its money and what it brought about."""

from __future__ import annotations

from typing import Final

from umt.projections.campaigns import CAMPAIGNS
from umt.projections.figures import RATIOS, REPORTED, ratios
from umt.projections.table import Column
from umt.projections.views import View

_CAMPAIGN: Final = {column.name: column for column in CAMPAIGNS.columns}
_RESULTS_OF_T: Final = ", ".join(
    f"coalesce(t.{name}, 0) AS {name}" for name in ("impressions", "clicks", "conversions", "leads", "revenue")
)
_RESULTS: Final = (*(column for column in REPORTED if column.name != "spend"), *RATIOS)

CAMPAIGN_OVERVIEW = View(
    "campaign_overview",
    "Every campaign with its budget, what is spent and left of it, and what it brought about over all time.",
    key=CAMPAIGNS.key,
    columns=(
        *(_CAMPAIGN[n] for n in ("brand", "name", "status", "objective", "currency", "total_budget")),
        Column("spent_budget", "numeric", "Money spent on all platforms, in the currency."),
        Column(
            "remaining_budget",
            "numeric",
            "Total budget less money spent, in the currency; negative if platforms overspent, null if imported.",
        ),
        *(_CAMPAIGN[n] for n in ("starts_on", "ends_on", "audiences", "score")),
        *_RESULTS,
        *(_CAMPAIGN[n] for n in ("created_at", "created_by", "last_optimised_at")),
    ),
    select=f"""
        SELECT c.workspace, c.campaign,
               greatest(c.position, t.position) AS position, greatest(c.updated_at, t.updated_at) AS updated_at,
               c.incomplete OR EXISTS (
                   SELECT FROM umt.incomplete_rows('campaign_totals', c.workspace, c.campaign::text)
               ) AS incomplete,
               c.brand, c.name, c.status, c.objective, c.currency, c.total_budget,
               coalesce(t.spend, 0) AS spent_budget, c.total_budget - coalesce(t.spend, 0) AS remaining_budget,
               c.starts_on, c.ends_on, c.audiences, c.score,
               {_RESULTS_OF_T}, {ratios("t")},
               c.created_at, c.created_by, c.last_optimised_at
        FROM read_v1.campaigns c
        LEFT JOIN (
            SELECT workspace, campaign, currency, max(position) AS position, max(updated_at) AS updated_at,
                   sum(impressions) AS impressions, sum(clicks) AS clicks, sum(conversions) AS conversions,
                   sum(leads) AS leads, sum(spend) AS spend, sum(revenue) AS revenue
            FROM read_v1.campaign_totals GROUP BY workspace, campaign, currency
        ) t ON (t.workspace, t.campaign, t.currency) = (c.workspace, c.campaign, c.currency)
    """,  # noqa: S608 - made of constants
)
CAMPAIGN_PLATFORMS = View(
    "campaign_platforms",
    "Every platform of every campaign: its budget, what is spent and left of it, and what it brought about.",
    key=(*CAMPAIGNS.key, Column("platform", "text", "The platform.")),
    columns=(
        Column("external_campaign", "text", "The campaign's id on the platform; null until its first ad is created."),
        _CAMPAIGN["currency"],
        Column("allocated_budget", "numeric", "The platform's budget in the currency; null without one."),
        Column("spent_budget", "numeric", "Money spent on the platform, in the currency."),
        Column("remaining_budget", "numeric", "Its budget less money spent; negative if overspent, null without one."),
        Column("score", "numeric", "The platform's score between 0 and 1, as last judged."),
        Column("active", "boolean", "Whether it has a budget and is not paused; a campaign's status stands above it."),
        *_RESULTS,
        Column(
            "last_synced_at",
            "timestamptz",
            "When figures were last collected from the workspace's account there, by the business's clock.",
        ),
        _CAMPAIGN["created_at"],
    ),
    select=f"""
        SELECT c.workspace, c.campaign, p.platform,
               greatest(c.position, t.position) AS position, greatest(c.updated_at, t.updated_at) AS updated_at,
               c.incomplete OR coalesce(i.incomplete, EXISTS (
                   SELECT FROM umt.incomplete_rows('integrations', c.workspace)
               )) OR EXISTS (
                   SELECT FROM umt.incomplete_rows(
                       'campaign_totals', c.workspace, c.campaign::text, p.platform, c.currency
                   )
               ) AS incomplete,
               (SELECT min(a -> 'ad' ->> 'external_campaign_id') FROM jsonb_array_elements(c.ad_sets) a
                 WHERE a ->> 'platform' = p.platform) AS external_campaign,
               c.currency, (c.allocation ->> p.platform)::numeric AS allocated_budget,
               coalesce(t.spend, 0) AS spent_budget,
               (c.allocation ->> p.platform)::numeric - coalesce(t.spend, 0) AS remaining_budget,
               (SELECT max((s ->> 'score')::numeric) FROM jsonb_array_elements(c.platform_scores) s
                 WHERE s ->> 'platform' = p.platform) AS score,
               c.allocation ? p.platform AND NOT c.paused_platforms ? p.platform AS active,
               {_RESULTS_OF_T}, {ratios("t")},
               i.synced_at AS last_synced_at, c.created_at
        FROM read_v1.campaigns c
        CROSS JOIN LATERAL jsonb_array_elements_text(c.platforms) AS p (platform)
        LEFT JOIN read_v1.campaign_totals t
            ON (t.workspace, t.campaign, t.platform, t.currency) = (c.workspace, c.campaign, p.platform, c.currency)
        LEFT JOIN (
            SELECT workspace, platform, max(synced_at) AS synced_at, bool_or(incomplete) AS incomplete
            FROM read_v1.integrations
            GROUP BY workspace, platform
        ) i ON (i.workspace, i.platform) = (c.workspace, p.platform)
    """,  # noqa: S608 - made of constants
)
