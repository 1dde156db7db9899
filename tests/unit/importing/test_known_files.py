"""The development data (see its README), whose totals are known."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from umt.application.importing import Options, PerformanceRow, read

FOLDER = (
    Path(os.environ.get("UMT_DEVELOPMENT_DATA", str(Path(__file__).resolve().parents[4] / "shared" / "data"))) / "ads"
)

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the development data is not in {FOLDER}")


def rows(name: str, format: str) -> list[PerformanceRow]:
    found = list(read(FOLDER / name, format, Options()))
    good = [row for row in found if isinstance(row, PerformanceRow)]
    assert len(good) == len(found)
    return good


def test_facebook_totals() -> None:
    found = rows("facebook_ads_kag.csv", "facebook")
    assert len(found) == 1143
    assert sum(row.impressions for row in found) == 213_434_828
    assert sum(row.clicks for row in found) == 38_165
    assert sum(row.spend for row in found) == Decimal("58705.23")
    assert sum(row.conversions for row in found) == 1_079
    assert len({row.campaign_ref for row in found}) == 3


def test_display_totals() -> None:
    found = rows("display_ads_2020_apr_may.csv", "display")
    assert len(found) == 10_972
    assert sum(row.impressions for row in found) == 194_920_988
    assert sum(row.clicks for row in found) == 2_201_019
    assert sum(row.spend for row in found) == Decimal("144397.181")
    assert sum(row.revenue for row in found) == Decimal("247831.6458")
    assert sum(row.conversions for row in found) == 486_497
    assert len({(row.campaign_ref, row.ad_ref, row.day) for row in found}) == len(found)
