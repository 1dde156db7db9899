"""The latest figures of every ad and day, kept beside the log so that a report is known as new, equal or restated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from umt.adapters.postgres.statements import Statements
from umt.application.ports import PastPerformance
from umt.domain.analytics.figures import DailyFigures
from umt.domain.performance import Figures, Known, Record
from umt.domain.platform import Platform


class PerformanceRows(Statements):
    """Figures as they are known now."""

    def spent(self, campaign: UUID) -> dict[Platform, Decimal]:
        rows = self._rows(
            "SELECT platform, sum(spend) FROM umt.performance_latest WHERE campaign = %s GROUP BY platform", campaign
        )
        return {Platform(platform): spend for platform, spend in rows}

    def days(self, campaign: UUID) -> dict[Platform, tuple[DailyFigures, ...]]:
        rows = self._rows(
            "SELECT platform, day, sum(impressions), sum(clicks), sum(conversions),"
            " sum(spend), sum(revenue) FROM umt.performance_latest"
            " WHERE campaign = %s AND day > '-infinity' GROUP BY platform, day ORDER BY platform, day",
            campaign,
        )
        days: dict[Platform, list[DailyFigures]] = {}
        for platform, day, impressions, clicks, conversions, spend, revenue in rows:
            figures = DailyFigures(day, int(impressions), int(clicks), int(conversions), spend, revenue)
            days.setdefault(Platform(platform), []).append(figures)
        return {platform: tuple(figures) for platform, figures in days.items()}

    def past_performance(self, brand: UUID) -> tuple[PastPerformance, ...]:
        rows = self._rows(
            "SELECT c.title, p.impressions, p.clicks, p.conversions, p.spend, p.revenue, p.currency"
            " FROM read_v1.contents c JOIN read_v1.content_performance p USING (workspace, content)"
            " WHERE c.workspace = %s AND c.brand = %s ORDER BY p.conversions DESC, p.clicks DESC, c.title LIMIT 5",
            self.context.workspace,
            brand,
        )
        return tuple(PastPerformance(title, int(i), int(c), int(v), *amounts) for title, i, c, v, *amounts in rows)

    def known_performance(
        self, campaign: UUID, platform: Platform, keys: Iterable[tuple[str, date | None]]
    ) -> Mapping[tuple[str, date | None], Known]:
        wanted = tuple(keys)
        if not wanted:
            return {}
        ads, days = zip(*wanted, strict=True)
        rows = self._rows(
            # LIMIT makes each key a look-up in the index, whatever the planner believes of the table.
            "SELECT k.ad, nullif(k.day, '-infinity'), l.* FROM unnest(%s::text[], %s::date[]) AS k (ad, day),"
            " LATERAL (SELECT impressions, clicks, conversions, leads, spend, revenue, reported_at"
            "  FROM umt.performance_latest WHERE (workspace, campaign, platform) = (%s, %s, %s)"
            "  AND day = k.day AND ad = k.ad LIMIT 1) AS l",
            _array(map(_quoted, ads)),
            _array(day or "-infinity" for day in days),
            self.context.workspace,
            campaign,
            platform.value,
        )
        return {(ad, day): Known(Figures(*figures), at) for ad, day, *figures, at in rows}

    def known_ads(self, campaign: UUID, platform: Platform, ads: Sequence[str]) -> set[str]:
        rows = self._rows(
            "SELECT DISTINCT ad FROM umt.performance_latest"
            " WHERE workspace = %s AND campaign = %s AND platform = %s AND ad = ANY(%s)",
            self.context.workspace,
            campaign,
            platform.value,
            list(ads),
        )
        return {ad for (ad,) in rows}

    def keep_performance(
        self, campaign: UUID, platform: Platform, currency: str, reported_at: datetime, records: Iterable[Record]
    ) -> None:
        kept = tuple(records)
        if not kept:
            return
        figures = [record.figures for record in kept]
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.performance_latest SELECT %s, %s, %s, r.day, r.ad, %s, %s,"
                " r.impressions, r.clicks, r.conversions, r.leads, r.spend, r.revenue"
                " FROM unnest(%s::date[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],"
                "  %s::numeric[], %s::numeric[])"
                "  AS r (day, ad, impressions, clicks, conversions, leads, spend, revenue)"
                " ON CONFLICT (workspace, campaign, platform, day, ad) DO UPDATE SET"
                "  currency = EXCLUDED.currency, reported_at = EXCLUDED.reported_at,"
                "  impressions = EXCLUDED.impressions, clicks = EXCLUDED.clicks, conversions = EXCLUDED.conversions,"
                "  leads = EXCLUDED.leads, spend = EXCLUDED.spend, revenue = EXCLUDED.revenue",
                self.context.workspace,
                campaign,
                platform.value,
                currency,
                reported_at,
                _array(record.day or "-infinity" for record in kept),
                _array(_quoted(record.ad) for record in kept),
                _array(f.impressions for f in figures),
                _array(f.clicks for f in figures),
                _array(f.conversions for f in figures),
                _array(f.leads for f in figures),
                _array(f.spend for f in figures),
                _array(f.revenue for f in figures),
            )
        )


def _array(values: Iterable[int | Decimal | date | str]) -> str:
    """PostgreSQL's text for an array, many times faster than psycopg's lists; texts are quoted already."""
    return f"{{{','.join(map(str, values))}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'
