"""What is thought of a platform: its score, trend and anomalies, and the figures that people are shown for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from umt.domain.analytics.anomaly import Anomaly, anomalies
from umt.domain.analytics.decision import Evidence, money
from umt.domain.analytics.figures import CampaignSnapshot, DailyFigures, PlatformSnapshot, Totals, aged, total
from umt.domain.analytics.guardrails import Guardrails
from umt.domain.analytics.scoring import Reference, Score, evidence_clicks, measured, revenue_recorded, score
from umt.domain.analytics.trend import Trend, returns, trend
from umt.domain.platform import Platform


class Assessment(msgspec.Struct, frozen=True):
    """What the settled days (and for anomalies the newest ones) say of one active platform."""

    platform: Platform
    totals: Totals
    clicks: int
    score: Score
    trend: Trend
    anomalies: tuple[Anomaly, ...]


def assess(
    campaign: CampaignSnapshot, today: date, guardrails: Guardrails, reference: Mapping[Platform, Reference]
) -> tuple[Assessment, ...]:
    """The assessments of the active platforms, the worst score first."""
    settled = {
        each.platform: aged(each.days, today, max(guardrails.settling_days, 1), guardrails.window_days)
        for each in campaign.active
    }
    whole = total(day for days in settled.values() for day in days)
    references = measured(reference, whole)
    assessments = []
    for each in campaign.active:
        days = settled[each.platform]
        totals, of_platform = total(days), references[each.platform]
        assessments.append(
            Assessment(
                each.platform,
                totals,
                evidence_clicks(totals, of_platform),
                score(totals, of_platform),
                trend(returns(days, by_revenue=revenue_recorded(whole))),
                anomalies(_since_change(each), today, guardrails.settling_days),
            )
        )
    return tuple(sorted(assessments, key=lambda of: (of.score.value, of.platform.value)))


def _since_change(platform: PlatformSnapshot) -> tuple[DailyFigures, ...]:
    """The days that our own last change does not explain: a moved budget is no anomaly."""
    changed = platform.last_changed
    return tuple(day for day in platform.days if changed is None or day.day > changed)


def evidence(of: Assessment, currency: str) -> tuple[Evidence, ...]:
    """The figures behind a verdict on a platform; undefined ratios are left out."""
    totals, of_trend = of.totals, of.trend
    return (
        Evidence("score", f"{of.score.value:f}", "1"),
        *(
            Evidence(part.name, f"{part.value:f}", currency if part.name == "cpa" else "1")
            for part in of.score.parts
            if part.value is not None
        ),
        Evidence("settled days", str(totals.days), "days"),
        Evidence("impressions", str(totals.impressions), ""),
        Evidence("clicks", str(totals.clicks), ""),
        Evidence("conversions", str(totals.conversions), ""),
        Evidence("spend", f"{totals.spend:f}", currency),
        Evidence("revenue", f"{totals.revenue:f}", currency),
        Evidence("trend", of_trend.direction.value, ""),
        Evidence("trend change", f"{of_trend.change:f}", "share of the mean over the window"),
        Evidence("trend z", f"{of_trend.z:f}", "standard deviations"),
    )


def scores(of: Assessment, currency: str) -> str:
    """The score in words, with the figures behind it; a sentence without its end."""
    totals = of.totals
    return (
        f"{of.platform.label} scores {of.score.value:.2f} on {totals.days} settled days "
        f"({money(totals.spend, currency)} spent, {totals.conversions:,} conversions, "
        f"{money(totals.revenue, currency)} revenue)"
    )
