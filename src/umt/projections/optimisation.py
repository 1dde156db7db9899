"""Read models: what the optimiser did and what came of it, and what it recommends."""

from __future__ import annotations

from typing import Final

from umt.projections.agents import AGENT_DECISIONS
from umt.projections.recommendations import AGENT_RECOMMENDATIONS
from umt.projections.table import Column
from umt.projections.views import View

_STATE: Final = """
    LEFT JOIN read_v1.agent_recommendations a
        ON (a.workspace, a.recommendation) = (d.workspace, d.recommendation) AND d.action IN ('pause', 'raise_budget', 'reallocate')
"""
"""What became of what was recommended."""
_COMMANDS: Final = {
    "pause": "PausePlatform",
    "raise_budget": "RaiseBudget",
    "reallocate": "ReallocateBudget",
    "alert": "ReportAnomaly",
    "apply_brand": "ApplyBrand",
}
"""The command that carries a decision out: it follows it in the run. For changes of before there were recommendations."""

_CARRIED_OUT: Final = f"""
    LEFT JOIN read_v1.agent_commands c
        ON (c.workspace, c.run, c.sequence) = (d.workspace, d.run, d.sequence + 1)
        AND c.command IN ('Recommend', CASE d.action {" ".join(f"WHEN '{a}' THEN '{c}'" for a, c in _COMMANDS.items())} END)
"""
_COMMANDS_LACKING: Final = "EXISTS (SELECT FROM umt.incomplete_rows('agent_commands', d.workspace, d.run::text))"
_STATE_LACKING: Final = (
    "EXISTS (SELECT FROM umt.incomplete_rows('agent_recommendations', d.workspace, d.recommendation::text))"
)
_MADE: Final = {column.name: column for column in AGENT_RECOMMENDATIONS.columns}
_DECISION: Final = {column.name: column for column in AGENT_DECISIONS.columns}

OPTIMISATION_LOG = View(
    "optimisation_log",
    "What agents decided about campaigns, with the campaign before and after it, and what came of it.",
    key=AGENT_DECISIONS.key,
    columns=(
        Column("campaign", "uuid", "The campaign's id."),
        *(_DECISION[name] for name in ("agent", "action", "target", "amount", "currency", "reason", "rule", "score")),
        _DECISION["confidence"],
        Column(
            "before",
            "jsonb",
            "Each platform concerned before it: its budget as a decimal string, or active or paused; null: no change.",
        ),
        Column("after", "jsonb", "The same after it."),
        Column(
            "success",
            "boolean",
            "true: it was done, and no platform has refused it; false: the rules of the domain or a platform did; null:"
            " nothing was to be done.",
        ),
        Column("error", "text", "Who refused it and why; null if nobody did."),
        Column("open_effects", "bigint", "Changes on platforms whose outcome is still open."),
        _DECISION["decided_at"],
        _DECISION["recommendation"],
    ),
    # What a change set off on the platforms is the run that its event triggered.
    select=f"""
        SELECT d.workspace, d.run, d.sequence,
               greatest(d.position, c.position, a.position, h.position, e.position) AS position,
               greatest(d.updated_at, c.updated_at, a.updated_at, h.updated_at, e.updated_at) AS updated_at,
               d.incomplete OR {_COMMANDS_LACKING} OR {_STATE_LACKING}
                   OR EXISTS (SELECT FROM umt.incomplete_rows('campaign_changes', d.workspace, d.subject::text))
                   OR coalesce(e.incomplete, h.position IS NOT NULL AND EXISTS (
                       SELECT FROM umt.incomplete_rows('agent_runs', d.workspace) m
                       WHERE NOT EXISTS (
                           SELECT FROM read_v1.agent_runs r
                           WHERE (r.workspace, r.run) = (d.workspace, m.row_key[1]::uuid)
                       )
                   )) AS incomplete,
               d.subject AS campaign, d.agent, d.action, d.target, d.amount, d.currency, d.reason, d.rule,
               d.score, d.confidence, h.before, h.after,
               CASE WHEN NOT c.accepted OR e.failures IS NOT NULL OR a.state IN ('rejected', 'expired') THEN false
                    WHEN coalesce(a.state = 'applied', c.accepted) THEN true END AS success,
               CASE WHEN NOT c.accepted THEN c.outcome ELSE coalesce(a.rejection, e.failures) END AS error,
               coalesce(e.open, 0) AS open_effects, d.decided_at, d.recommendation
        FROM read_v1.agent_decisions d {_CARRIED_OUT} {_STATE}
        LEFT JOIN (
            SELECT workspace, campaign, coalesce(recommendation, correlation) AS correlation, action, target,
                   max(position) AS position,
                   max(updated_at) AS updated_at,
                   jsonb_object_agg(platform, CASE action WHEN 'pause' THEN 'active' ELSE before::text END) AS before,
                   jsonb_object_agg(platform, CASE action WHEN 'pause' THEN 'paused' ELSE after::text END) AS after
            FROM read_v1.budget_history
            GROUP BY workspace, campaign, coalesce(recommendation, correlation), action, target
        ) h ON (h.workspace, h.campaign, h.correlation, h.action, h.target)
             = (d.workspace, d.subject, coalesce(d.recommendation, d.correlation), d.action, d.target)
        LEFT JOIN (
            SELECT r.workspace, r.subject, r.trigger_position,
                   max(e.position) AS position, max(e.updated_at) AS updated_at,
                   bool_or(r.incomplete OR EXISTS (
                       SELECT FROM umt.incomplete_rows('agent_effects', r.workspace, r.run::text)
                   )) AS incomplete,
                   count(*) FILTER (WHERE e.status = 'requested') AS open,
                   string_agg(concat_ws(': ', e.platform, e.error), '; ' ORDER BY e.platform, e.effect)
                       FILTER (WHERE e.status = 'failed') AS failures
            FROM read_v1.agent_runs r LEFT JOIN read_v1.agent_effects e USING (workspace, run)
            WHERE r.trigger_type IN
                ('campaign.platform_paused', 'campaign.budget_raised', 'campaign.budget_reallocated')
            GROUP BY r.workspace, r.subject, r.trigger_position
        ) e ON (e.workspace, e.subject, e.trigger_position) = (d.workspace, d.subject, h.position)
        WHERE d.subject_kind = 'campaign'
    """,  # noqa: S608 - made of constants
)
RECOMMENDATIONS = View(
    "recommendations",
    "What agents recommend, why and how surely: carried out at once within guardrails, or told to people.",
    key=AGENT_DECISIONS.key,
    columns=(
        *(_DECISION[name] for name in ("agent", "action", "subject_kind", "subject", "target", "amount", "currency")),
        *(_DECISION[name] for name in ("reason", "rule", "score", "confidence", "evidence", "guardrails")),
        Column(
            "state",
            "text",
            "proposed (waits for a person), accepted, applied, rejected, expired, simulated (dry run), or open: people are"
            " to look at it.",
        ),
        Column("rejection", "text", "Why it was rejected; null if it was not."),
        _DECISION["decided_at"],
        _DECISION["recommendation"],
        *(_MADE[name] for name in ("asked_by", "decided_by", "expires_at", "applied_at", "measured_at")),
        *(_MADE[name] for name in ("expected_spend", "expected_outcome", "measured_spend", "measured_outcome")),
        _MADE["outcome_unit"],
        Column("spend_currency", "text", "ISO 4217 code of the spend; null if not known."),
    ),
    select=f"""
        SELECT d.workspace, d.run, d.sequence,
               greatest(d.position, c.position, a.position) AS position,
               greatest(d.updated_at, c.updated_at, a.updated_at) AS updated_at,
               d.incomplete OR {_COMMANDS_LACKING} OR {_STATE_LACKING} AS incomplete,
               d.agent, d.action, d.subject_kind, d.subject, d.target, d.amount, d.currency,
               d.reason, d.rule, d.score, d.confidence, d.evidence, d.guardrails,
               CASE WHEN a.state IS NOT NULL THEN a.state WHEN NOT c.accepted THEN 'rejected'
                    WHEN d.action = 'alert' OR c.accepted IS NULL THEN 'open' ELSE 'applied' END AS state,
               CASE WHEN NOT c.accepted THEN c.outcome ELSE a.rejection END AS rejection, d.decided_at,
               d.recommendation, a.asked_by, a.decided_by, a.expires_at, a.applied_at, a.measured_at,
               a.expected_spend, a.expected_outcome, a.measured_spend, a.measured_outcome, a.outcome_unit,
               a.currency AS spend_currency
        FROM read_v1.agent_decisions d {_CARRIED_OUT} {_STATE}
        WHERE d.action IN ('pause', 'raise_budget', 'reallocate', 'alert')
    """,  # noqa: S608 - made of constants
)
