"""The development data (see its README), whose totals are known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.integration.importing.words import Installation

FOLDER = (
    Path(os.environ.get("UMT_DEVELOPMENT_DATA", str(Path(__file__).resolve().parents[4] / "shared" / "data"))) / "ads"
)

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the development data is not in {FOLDER}")


def test_facebook_ads(installation: Installation) -> None:
    outcome = installation.imports(FOLDER / "facebook_ads_kag.csv", format="facebook")
    assert outcome.status == 0
    assert (outcome["rows"], outcome["campaigns"], outcome["ads"]) == (1143, 3, 1143)
    assert outcome["totals"] == {
        "impressions": 213_434_828,
        "clicks": 38_165,
        "spend": "58705.23",
        "conversions": 1_079,
    }


def test_display_ads_beside_others(installation: Installation) -> None:
    installation.imports(FOLDER / "facebook_ads_kag.csv", format="facebook")
    file = FOLDER / "display_ads_2020_apr_may.csv"
    outcome = installation.imports(file, format="display")
    assert outcome.counts == (10_972, 0, 0, 0)
    assert outcome["totals"] == {
        "impressions": 194_920_988,
        "clicks": 2_201_019,
        "spend": "144397.181",
        "conversions": 486_497,
    }
    assert installation.imports(file, format="display").counts == (0, 0, 10_972, 0)
    assert installation.differences() == []
