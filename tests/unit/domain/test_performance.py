"""PerformanceLog: what a platform reports about a campaign's ads."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.given import When, given
from tests.unit.domain.stories import CAMPAIGN, GOOGLE, LINKEDIN, at

from umt.domain import performance as decide
from umt.domain.errors import InvalidValue
from umt.domain.performance import (
    RECORDS_PER_EVENT,
    Figures,
    Known,
    PerformanceLog,
    PerformanceRecorded,
    Record,
    month_of,
    stream_of,
)
from umt.domain.values import MAX_COUNT

MONDAY = date(2026, 3, 2)
EARLIER, NOW, LATER = at("2026-03-03T02:00Z"), at("2026-03-04T02:00Z"), at("2026-03-05T02:00Z")
FIGURES = Figures(impressions=1000, clicks=50, conversions=3, spend=Decimal("12.34"), revenue=Decimal("90"))
MORE = replace(FIGURES, conversions=5, revenue=Decimal("150"))


def reported(*records: Record, reported_at: datetime = NOW, imported: bool = False) -> PerformanceRecorded:
    return PerformanceRecorded(CAMPAIGN, GOOGLE, "2026-03", "EUR", reported_at, imported, records)


def report(*records: Record, known: dict[Any, Known] | None = None, reported_at: datetime = NOW) -> When:
    return given().when(decide.record, CAMPAIGN, GOOGLE, "2026-03", "EUR", reported_at, records, known or {})


def known(figures: Figures, reported_at: datetime) -> dict[Any, Known]:
    return {("ad", MONDAY): Known(figures, reported_at)}


def test_new_figures_are_recorded_as_they_are() -> None:
    report(Record("ad", MONDAY, FIGURES)).then(reported(Record("ad", MONDAY, FIGURES))).then_state(
        campaign=CAMPAIGN, platform=GOOGLE, month="2026-03", currency="EUR"
    )


def test_equal_figures_are_unchanged() -> None:
    report(Record("ad", MONDAY, FIGURES), known=known(FIGURES, EARLIER)).then_nothing()


def test_a_restatement_carries_the_previous_figures() -> None:
    report(Record("ad", MONDAY, MORE), known=known(FIGURES, EARLIER)).then(
        reported(Record("ad", MONDAY, MORE, previous=FIGURES))
    )


def test_what_was_reported_earlier_is_ignored() -> None:
    report(Record("ad", MONDAY, FIGURES), known=known(MORE, LATER)).then_nothing()


def test_of_two_reports_of_one_moment_the_last_one_stands() -> None:
    report(Record("ad", MONDAY, MORE), known=known(FIGURES, NOW)).then(
        reported(Record("ad", MONDAY, MORE, previous=FIGURES))
    )


@pytest.mark.parametrize("day", [date(2026, 4, 1), date(2025, 3, 2), None], ids=str)
def test_a_log_holds_the_days_of_its_month_alone(day: date | None) -> None:
    report(Record("ad", day, FIGURES)).then_fails(InvalidValue, "does not belong to 2026-03")


def test_figures_of_a_whole_life_have_a_log_of_their_own() -> None:
    given().when(decide.record, CAMPAIGN, GOOGLE, "lifetime", "EUR", NOW, [Record("ad", None, FIGURES)], {}).then_state(
        month="lifetime"
    )


def test_an_ad_that_is_reported_twice_at_once_is_counted_once() -> None:
    report(Record("ad", MONDAY, FIGURES), Record("ad", MONDAY, MORE), Record("ad", MONDAY, MORE)).then(
        reported(Record("ad", MONDAY, FIGURES), Record("ad", MONDAY, MORE, previous=FIGURES))
    )


def test_figures_may_be_restated_downwards() -> None:
    restated = Record("ad", MONDAY, FIGURES, previous=MORE)
    assert restated.change == Figures(conversions=-2, revenue=Decimal("-60"))


def test_the_change_of_a_new_record_is_all_of_it() -> None:
    assert Record("ad", MONDAY, FIGURES).change == FIGURES


def test_days_and_ads_are_told_apart() -> None:
    tuesday = MONDAY + timedelta(days=1)
    news = (Record("ad", tuesday, MORE), Record("other", MONDAY, MORE))
    report(*news, known=known(FIGURES, EARLIER)).then(reported(*news))


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (500, [500]), (501, [500, 1]), (1200, [500, 500, 200])]
)
def test_an_event_carries_up_to_500_records(count: int, sizes: list[int]) -> None:
    events = decide.record(
        None,
        CAMPAIGN,
        GOOGLE,
        "2026-03",
        "EUR",
        NOW,
        [Record(f"ad {number}", MONDAY, FIGURES) for number in range(count)],
        {},
    )
    assert [len(event.records) for event in events if isinstance(event, PerformanceRecorded)] == sizes
    assert all(size <= RECORDS_PER_EVENT for size in sizes)


def test_a_log_keeps_to_one_currency() -> None:
    given(reported(Record("ad", MONDAY, FIGURES))).when(
        decide.record, CAMPAIGN, GOOGLE, "2026-03", "USD", LATER, [Record("ad", MONDAY, MORE)], {}
    ).then_fails(InvalidValue, "figures are in EUR, not USD")


def test_imported_history_says_so() -> None:
    given().when(
        decide.record, CAMPAIGN, GOOGLE, "2026-03", "EUR", NOW, [Record("ad", MONDAY, FIGURES)], {}, imported=True
    ).then(reported(Record("ad", MONDAY, FIGURES), imported=True))


def test_a_log_is_what_its_first_event_made_it() -> None:
    first, second = reported(Record("ad", MONDAY, FIGURES)), reported(Record("ad", MONDAY, MORE), reported_at=LATER)
    assert given(first).state == given(first, second).state
    assert PerformanceLog.fixed_by_first_event


@pytest.mark.parametrize(
    "impossible",
    [
        replace(FIGURES, impressions=-1),
        replace(FIGURES, leads=-1),
        replace(FIGURES, conversions=MAX_COUNT + 1),
        replace(FIGURES, clicks=1001),
        replace(FIGURES, spend=Decimal("-0.01")),
        replace(FIGURES, spend=Decimal(10) ** 15),
        replace(FIGURES, spend=Decimal("NaN")),
        replace(FIGURES, spend=Decimal("Infinity")),
        replace(FIGURES, revenue=Decimal("sNaN")),
    ],
    ids=str,
)
def test_impossible_figures_are_refused_whole(impossible: Figures) -> None:
    report(Record("good", MONDAY, FIGURES), Record("bad", MONDAY, impossible)).then_fails(
        InvalidValue, "bad 2026-03-02"
    )


def test_conversions_may_exceed_clicks() -> None:
    seen_only = Record("ad", MONDAY, Figures(impressions=10, conversions=2))
    report(seen_only).then(reported(seen_only))


def test_a_stream_belongs_to_a_campaign_a_platform_and_a_month() -> None:
    assert month_of(MONDAY) == "2026-03"
    assert month_of(None) == "lifetime"
    streams = {
        stream_of(CAMPAIGN, platform, month) for platform in (GOOGLE, LINKEDIN) for month in ("2026-03", "lifetime")
    }
    assert len(streams) == 4
    assert stream_of(CAMPAIGN, GOOGLE, "2026-03") in streams


COUNTS = st.integers(0, 1000)
ANY_FIGURES = st.builds(
    Figures,
    COUNTS.map(lambda n: n + 1000),
    COUNTS,
    COUNTS,
    COUNTS,
    st.decimals(0, 100, places=6),
    st.decimals(0, 9, places=2),
)


@given_any(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), ANY_FIGURES, st.sampled_from([EARLIER, NOW, LATER])), max_size=12)
)
def test_the_changes_always_add_up_to_the_latest_figures(reports: list[tuple[str, Figures, datetime]]) -> None:
    latest: dict[tuple[str, date | None], Known] = {}
    total = Figures()
    for ad, figures, reported_at in reports:
        for event in decide.record(
            None, CAMPAIGN, GOOGLE, "2026-03", "EUR", reported_at, [Record(ad, MONDAY, figures)], latest
        ):
            assert isinstance(event, PerformanceRecorded)
            for record in event.records:
                total = total + record.change
                latest[record.ad, record.day] = Known(record.figures, reported_at)
    assert total == sum((known.figures for known in latest.values()), Figures())
