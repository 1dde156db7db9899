"""Exports made on the spot, and readings of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from umt.application.importing import Options, PerformanceRow, RejectedRow, read

HEADERS = {
    "facebook": "ad_id,xyz_campaign_id,fb_campaign_id,age,gender,interest,"
    "Impressions,Clicks,Spent,Total_Conversion,Approved_Conversion",
    "display": "month,day,campaign_number,user_engagement,banner,placement,"
    "displays,cost,clicks,revenue,post_click_conversions,post_click_sales_amount",
    "generic": "date,campaign,ad,impressions,clicks,spend,platform,conversions",
}
RECORDS = {
    "facebook": "11,7,70,30-34,F,15,1000,10,2.5,4,1",
    "display": "April,30,camp 9,Low,300 x 250,abc,1000,1.25,10,3.5,2,99.9",
    "generic": "2020-04-30,Spring,Banner A,1000,10,2.50,google,3",
}

Reading: TypeAlias = list[PerformanceRow | RejectedRow]
Reader: TypeAlias = Callable[..., Reading]
Writer: TypeAlias = Callable[..., Path]


@pytest.fixture
def export(tmp_path: Path) -> Writer:
    """Write an export: text or bytes as they are, or the header of a format above records."""

    def write(content: str | bytes, format: str | None = None) -> Path:
        path = tmp_path / "export.csv"
        written = content.encode() if isinstance(content, str) else content
        path.write_bytes(written if format is None else HEADERS[format].encode() + b"\n" + written + b"\n")
        return path

    return write


@pytest.fixture
def reading(export: Writer) -> Reader:
    """All that a file gives which holds these records of a format."""

    def read_records(format: str, *records: str, options: Options | None = None) -> Reading:
        return list(read(export("\n".join(records), format), format, options or Options()))

    return read_records


@pytest.fixture
def one(reading: Reader) -> Callable[..., PerformanceRow]:
    """The row that one good record gives; with changes, the format's example with cells of these columns changed."""

    def read_one(
        format: str, record: str | None = None, options: Options | None = None, **changes: str
    ) -> PerformanceRow:
        (row,) = reading(format, record or example(format, **changes), options=options)
        assert isinstance(row, PerformanceRow), row
        return row

    return read_one


@pytest.fixture
def rejection(reading: Reader) -> Callable[..., tuple[str | None, str]]:
    """The column and the reason of the rejection of one record, on line 2."""

    def read_rejection(format: str, record: str | None = None, **changes: str) -> tuple[str | None, str]:
        (row,) = reading(format, record or example(format, **changes))
        assert isinstance(row, RejectedRow), row
        assert row.line == 2
        return row.column, row.reason

    return read_rejection


def example(format: str, **changes: str) -> str:
    """The format's example record, with cells of these columns changed."""
    cells = dict(zip(HEADERS[format].split(","), RECORDS[format].split(","), strict=True))
    assert changes.keys() <= cells.keys()
    return ",".join(f'"{cell}"' if "," in cell else cell for cell in (cells | changes).values())
