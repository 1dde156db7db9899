"""Files from which nothing is read, and what is said of them. None gives a row before it is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from umt.application.importing import Options, PerformanceRow, UnusableInput, read
from umt.application.importing.opening import LONGEST_RECORD

GENERIC = "date,campaign,ad,impressions,clicks,spend\n"
GOOD = "2020-04-30,Spring,A,10,1,1\n"
MIB = 1 << 20


def refusal(path: Path, format: str = "generic", options: Options | None = None) -> UnusableInput:
    with pytest.raises(UnusableInput) as refused:
        next(read(path, format, options or Options(platform="x")))
    assert refused.value.path == path
    assert str(refused.value) == f"{path}: {refused.value.reason}; {refused.value.hint}"
    return refused.value


def test_no_such_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "absent.csv").reason == "there is no such file"
    assert refusal(tmp_path / ("x" * 300)).reason.startswith("it cannot be opened")
    assert refusal(tmp_path / "a\0b").reason.startswith("it cannot be opened")


def test_a_directory(tmp_path: Path) -> None:
    assert refusal(tmp_path).reason == "it is a directory"


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").reason == "it is not a regular file"


def test_no_permission(export: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = export(GENERIC + GOOD)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything
    assert refusal(path).reason == "this user may not read it"


def test_empty(export: Any) -> None:
    assert refusal(export(b"")).reason == "it is empty"


@pytest.mark.parametrize("end", ["", "\n", "\n\n\r\n"])
def test_a_header_without_rows(export: Any, end: str) -> None:
    assert refusal(export(GENERIC.strip() + end)).reason == "it has a header but no rows"


def test_not_utf_8_says_where_and_what_to_do(export: Any) -> None:
    path = export((GENERIC + GOOD + "2020-05-01,Café,A,10,1,1\n").encode("cp1252"))
    refused = refusal(path)
    assert refused.reason == "there is a byte 0xE9 on line 3, at byte 83, which is not UTF-8"
    assert path.read_bytes()[83] == 0xE9
    assert refused.hint == f"if it is Windows-1252, convert it: iconv -f WINDOWS-1252 -t UTF-8 {path} > utf8.csv"


@pytest.mark.parametrize("size", [200_000, 262_144, 300_000, 1_000_000])
def test_an_encoding_that_changes_later_gives_no_row_at_all(export: Any, size: int) -> None:
    head = (GENERIC + GOOD * (size // len(GOOD))).encode()
    reason = refusal(export(head + b"2020-05-01,Caf\xe9,A,10,1,1\n")).reason
    line = head.count(b"\n") + 1
    assert reason == f"there is a byte 0xE9 on line {line}, at byte {len(head) + 14}, which is not UTF-8"


@pytest.mark.parametrize("place", [262_143, 262_142, 262_144])
def test_a_character_cut_off_by_the_end_or_between_chunks(export: Any, place: int) -> None:
    head = (GENERIC + GOOD * 20_000).encode()[:place]
    reason = refusal(export(head + b"\xc3")).reason
    assert reason == f"there is a byte 0xC3 on line {head.count(10) + 1}, at byte {place}, which is not UTF-8"
    reason = refusal(export(head + b"\xc3(\n")).reason
    assert reason == f"there is a byte 0xC3 on line {head.count(10) + 1}, at byte {place}, which is not UTF-8"


@pytest.mark.parametrize(
    ("content", "reason", "hint"),
    [
        ((GENERIC + GOOD).encode("utf-16"), "it is UTF-16, not UTF-8", "iconv -f UTF-16 "),
        ((GENERIC + GOOD).encode("utf-32"), "it is UTF-32, not UTF-8", "iconv -f UTF-32 "),
        ((GENERIC + GOOD).encode("utf-16-le"), "there is a NUL byte on line 1, at byte 1", "iconv -f UTF-16LE "),
        ((GENERIC + GOOD + "\0").encode(), "there is a NUL byte on line 3, at byte 69", "a text has none"),
        (b"\x1f\x8b\x08\0", "it is compressed with gzip", "unpack"),
        (b"PK\x03\x04\x14", "it is a workbook or a ZIP archive", "save it as CSV"),
    ],
)
def test_what_is_no_utf_8_text(export: Any, content: bytes, reason: str, hint: str) -> None:
    refused = refusal(export(content))
    assert refused.reason == reason
    assert hint in refused.hint


def test_missing_columns_are_named_beside_those_found(export: Any) -> None:
    refused = refusal(export("date,campaign,Impressions,cost\n1,2,3,4\n"))
    assert refused.reason == (
        "the header lacks ad, clicks, spend of the format generic; found: 'date', 'campaign', 'Impressions', 'cost'"
    )
    assert refused.hint == "add them, or choose another --format"


def test_another_format_is_recognised(export: Any) -> None:
    assert refusal(export("April", "display")).hint == "it looks like --format display"
    assert refusal(export("1", "facebook"), "display").hint == "it looks like --format facebook"


def test_other_delimiters(export: Any) -> None:
    refused = refusal(export(GENERIC.replace(",", "|")))
    assert refused.hint == "separate the fields by commas, semicolons or tabs"


@pytest.mark.parametrize("content", ["\n\n", "\ufeff\n", "   \n1\n"])
def test_no_header(export: Any, content: str) -> None:
    assert refusal(export(content)).reason.endswith("of the format generic; found: none")


def test_duplicate_columns(export: Any) -> None:
    refused = refusal(export(GENERIC.replace("spend", "spend,Spend") + GOOD))
    assert refused.reason == "the header has the column Spend twice"
    refused = refusal(export(GENERIC.replace("spend", "spend,dim_a,dim_A") + GOOD))
    assert refused.reason == "the header has the column dim_A twice"


def test_columns_that_are_not_read_may_repeat(export: Any) -> None:
    path = export(GENERIC.replace("spend", "spend,x,x,,") + GOOD.replace("\n", ",,,,\n"))
    assert isinstance(next(read(path, "generic", Options(platform="x"))), PerformanceRow)


def test_generic_without_any_platform(export: Any) -> None:
    refused = refusal(export(GENERIC + GOOD), options=Options())
    assert (refused.reason, refused.hint) == ("it has no column platform", "say with --platform where it comes from")


def test_old_macintosh_line_ends(export: Any) -> None:
    refused = refusal(export((GENERIC + GOOD).replace("\n", "\r")))
    assert refused.hint == "convert old Macintosh line ends: tr '\\r' '\\n'"


def test_the_longest_line_and_one_byte_more(export: Any) -> None:
    head, tail = GENERIC.replace("spend", "spend,note") + GOOD.replace("\n", ",\n") * 9, "2020-05-01,Spring,A,10,1,1,"
    pad = "," * (LONGEST_RECORD - len(tail) - 1)
    assert len(list(read(export(head + tail + pad + "\n"), "generic", Options(platform="x")))) == 10
    assert refusal(export(head + tail + pad + ",\n")).reason == "line 11 is longer than 1 MiB (1048576 bytes)"
    assert refusal(export(head + tail + pad + ",,")).reason == "line 11 is longer than 1 MiB (1048576 bytes)"


@pytest.mark.parametrize("bulk", [0, 100, 100_000])
def test_a_quote_that_is_never_closed(export: Any, bulk: int) -> None:
    path = export(GENERIC + GOOD + '2020-05-01,"Spring,A,10,1,1\n' + GOOD * bulk)
    assert refusal(path).reason == "the quote opened in the record on line 3 is not closed"


def test_a_record_that_goes_on_for_ever(export: Any) -> None:
    path = export(GENERIC + GOOD + '"' + '","\n' * 400_000)
    assert refusal(path).reason == "the quote opened in the record on line 3 is not closed"


def test_a_header_that_cannot_be_read(export: Any) -> None:
    assert refusal(export('"date"x,campaign\n1,2\n')).hint == "correct the header"
    assert refusal(export('"date,campaign\n1,2\n')).reason == "the quote opened in the record on line 1 is not closed"


def test_a_file_that_changes_meanwhile(export: Any) -> None:
    path = export(GENERIC + GOOD * 100_000)
    rows = read(path, "generic", Options(platform="x"))
    next(rows)
    with path.open("r+b") as file:
        file.seek(MIB)
        file.write(b"\xff")
    with pytest.raises(UnusableInput, match="it changed while it was read"):
        list(rows)
