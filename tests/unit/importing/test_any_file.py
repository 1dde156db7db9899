"""Whatever the bytes of a file: good rows, rejected rows or `UnusableInput`, and nothing else."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.importing.conftest import HEADERS, RECORDS

from umt.application.importing import FORMATS, Options, PerformanceRow, RejectedRow, Summary, UnusableInput, check, read
from umt.domain.values import MAX_COUNT

CELLS = st.one_of(
    st.text(max_size=20),
    st.integers(-5, MAX_COUNT + 5).map(str),
    st.decimals(allow_nan=True).map(str),
    st.sampled_from(["", "April", "31", "2020-02-30", "nan", '"', '"x', 'x"y"', "\r", "1e5", "x" * 501, "0" * 70, "٣"]),
)


def gives_rows_or_refuses(content: bytes, format: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "any.csv")
        path.write_bytes(content)
        try:
            rows = list(read(path, format, Options(platform="x")))
        except UnusableInput:
            return
        good = [row for row in rows if isinstance(row, PerformanceRow)]
        assert check(path, format, Options(platform="x")) == Summary(len(good), len(rows) - len(good))
    assert rows
    assert [row.line for row in rows] == sorted({row.line for row in rows})
    for row in good:
        assert 0 <= row.clicks <= row.impressions <= MAX_COUNT
        assert 0 <= row.spend < 10**12
        assert "E" not in f"{row.spend} {row.revenue}"
        assert row.campaign_ref
        assert row.ad_ref
    assert all(row.reason for row in rows if isinstance(row, RejectedRow))


@pytest.mark.parametrize("format", FORMATS)
@settings(deadline=None)  # it writes files
@given(content=st.binary(max_size=400))
def test_any_bytes(format: str, content: bytes) -> None:
    gives_rows_or_refuses(content, format)


@pytest.mark.parametrize("format", FORMATS)
@settings(deadline=None)  # it writes files
@given(content=st.binary(max_size=400))
def test_any_bytes_below_a_header(format: str, content: bytes) -> None:
    gives_rows_or_refuses(HEADERS[format].encode() + b"\n" + content, format)


@pytest.mark.parametrize("format", FORMATS)
@settings(deadline=None)  # it writes files
@given(data=st.data())
def test_any_cells(format: str, data: st.DataObject) -> None:
    cells = RECORDS[format].split(",")
    for at in data.draw(st.lists(st.integers(0, len(cells) - 1), max_size=3)):
        cells[at] = data.draw(CELLS)
    record = ",".join(cells)
    content = f"{HEADERS[format]}\n{record}\n{RECORDS[format]}\n"
    gives_rows_or_refuses(content.encode("utf-8", "surrogatepass"), format)
