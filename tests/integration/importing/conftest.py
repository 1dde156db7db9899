"""A workspace to import into, and exports made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from tests.integration.importing.words import Installation
from tests.integration.people import Person

from umt.bootstrap import System

Writer: TypeAlias = Callable[..., Path]


@pytest.fixture
def installation(wired: System, pat: Person) -> Installation:
    return Installation(wired, pat.workspace)


@pytest.fixture
def export(tmp_path: Path) -> Writer:
    """Write an export of the generic format with these records."""

    def write(*records: str, name: str = "export.csv") -> Path:
        path = tmp_path / name
        header = "date,campaign,ad,impressions,clicks,spend,conversions,platform,currency"
        path.write_text("\n".join((header, *records)) + "\n", "utf-8")
        return path

    return write


@pytest.fixture
def large(export: Writer) -> Path:
    """60,000 rows of 30 campaigns and 200 ads on 10 days; each has 100 impressions, 2 clicks and costs 0.25."""
    return export(
        *(
            f"2020-04-{day:02},Campaign {campaign},Ad {ad},100,2,0.25,1,display,EUR"
            for day in range(1, 11)
            for campaign in range(30)
            for ad in range(200)
        ),
        name="large.csv",
    )
