"""`umt import` as people run it: a process on the session's database, and what it left there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.importing.words import Installation
from tests.integration.people import Person

from umt.bootstrap import System


@pytest.fixture
def installation(wired: System, pat: Person) -> Installation:
    return Installation(wired, pat.workspace)


@pytest.fixture
def generic(tmp_path: Path) -> Callable[..., Path]:
    """Write an export of the generic format with these records."""

    def write(*records: str, name: str = "export.csv") -> Path:
        path = tmp_path / name
        header = "date,campaign,ad,impressions,clicks,spend,conversions,platform,currency"
        path.write_text("\n".join((header, *records)) + "\n", "utf-8")
        return path

    return write
