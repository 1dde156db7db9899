"""Large files in little memory and time."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from umt.application.importing import Options, UnusableInput, check, read

HEADER = b"date,campaign,ad,impressions,clicks,spend\n"
OPTIONS = Options(platform="x")
MIB = 1 << 20
OPEN_FILES = Path("/proc/self/fd")


def peak(work: Callable[[], object]) -> int:
    """The most memory in bytes that was in use beyond what was before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("head", [b"", HEADER, HEADER + b"x" * (2 * MIB)])
def test_a_line_of_2_gigabytes_is_refused_at_once(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "sparse.csv"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(2**31)
    line = 1 + head.count(b"\n")

    def refused() -> None:
        with pytest.raises(
            UnusableInput, match=rf"on line {line}, at byte {len(head)}|line {line} is longer than 1 MiB"
        ):
            next(read(path, "generic", OPTIONS))

    started = time.perf_counter()
    assert peak(refused) < 8 * MIB
    assert time.perf_counter() - started < 5


def test_memory_does_not_grow_with_the_file(export: Any) -> None:
    def rows(count: int) -> Path:
        path: Path = export(
            HEADER + b"".join(b"2020-04-30,c%d,a%d,%d,1,%d.5\n" % (n, n, n + 1, n) for n in range(count))
        )
        return path

    check(rows(20_000), "generic", OPTIONS)  # fills the caches
    path = rows(20_000)
    small = peak(lambda: check(path, "generic", OPTIONS))
    path = rows(60_000)
    assert peak(lambda: check(path, "generic", OPTIONS)) < small + MIB


@pytest.mark.parametrize("record", [b"%s,c,a,1,1,1", b"2020-04-30,c,%s1,1,1,1", b"2020-04-30,c,a,1,1,%s1"])
def test_values_padded_at_length_do_not_fill_the_caches(export: Any, record: bytes) -> None:
    path = export(HEADER + b"\n".join(record % (b" " * (50_000 + n)) for n in range(300)))
    assert peak(lambda: check(path, "generic", OPTIONS)) < 8 * MIB


def test_progress_rises_to_the_size_of_the_file(export: Any) -> None:
    path = export(HEADER + b"2020-04-30,Spring,A,10,1,1\n" * 5000)
    told: list[int] = []
    assert check(path, "generic", OPTIONS, told.append).rows == 5000
    assert len(told) > 5
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason=f"this system does not list open files in {OPEN_FILES}")
def test_the_file_is_closed_when_reading_stops_early(export: Any) -> None:
    def is_open() -> bool:
        return path.resolve() in [link.resolve() for link in OPEN_FILES.iterdir()]

    path = export(HEADER + b"2020-04-30,Spring,A,10,1,1\n" * 5000)
    rows = read(path, "generic", OPTIONS)
    next(rows)
    assert is_open()
    rows.close()
    assert not is_open()
