"""Files that nothing is taken from: a message that says what to do, exit 2, and no event."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.integration.importing.conftest import Writer
from tests.integration.importing.words import Installation

HEADER = b"date,campaign,ad,impressions,clicks,spend,platform\n"
ROW = b"2020-04-30,Spring,A,1000,10,2.50,google\n"


def refused(installation: Installation, file: Path, *options: str, format: str = "generic") -> str:
    """What people are told."""
    events = installation.events
    outcome = installation.run(file, *options, format=format)
    assert outcome.status == 2
    assert outcome.stdout == ""
    assert "Traceback" not in outcome.stderr
    assert installation.events == events
    return outcome.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty"),
        (HEADER, "no rows"),
        ((HEADER + ROW).decode().encode("utf-16"), "iconv -f UTF-16"),
        (HEADER + ROW + ROW.replace(b"Spring", b"Fr\xfchling"), "byte 0xFC on line 3"),
        (HEADER + ROW + b"\0" * 100, "NUL"),
        (HEADER.replace(b"spend", b"cost") + ROW, "the header lacks spend"),
        (HEADER + ROW + b'2020-04-30,"Spring', "not closed"),
    ],
    ids=["empty", "header only", "UTF-16", "Latin-1", "NUL", "missing column", "open quote"],
)
def test_content_that_cannot_be_used(installation: Installation, tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(content)
    assert told in refused(installation, file)


def test_a_line_of_two_gigabytes(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    with file.open("wb") as written:
        written.write(HEADER + ROW + b"x" * (2 << 20))
        written.truncate(2**31)
    assert "line 3 is longer than 1 MiB" in refused(installation, file)


def test_what_is_no_file(installation: Installation, tmp_path: Path) -> None:
    assert "it is a directory" in refused(installation, tmp_path)
    assert "there is no such file" in refused(installation, tmp_path / "missing.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(installation: Installation, export: Writer) -> None:
    file = export("2020-04-30,Spring,A,1000,10,2.50,1,google,EUR")
    file.chmod(0)
    assert "may not read it" in refused(installation, file)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--currency", "EURO"), "'EURO' is not an ISO 4217 currency"),
        (("--year", "12"), "12 is not a year"),
        (("--platform", "myspace"), "'myspace' is not one of google"),
        (("--workspace", "mine"), "valid UUID"),
    ],
)
def test_wrong_options(installation: Installation, export: Writer, options: tuple[str, str], told: str) -> None:
    file = export("2020-04-30,Spring,A,1000,10,2.50,1,google,EUR")
    assert told in refused(installation, file, *options)


def test_a_format_that_does_not_exist(installation: Installation, export: Writer) -> None:
    file = export("2020-04-30,Spring,A,1000,10,2.50,1,google,EUR")
    assert "'twitter' is not one of facebook, display, generic" in refused(installation, file, format="twitter")
