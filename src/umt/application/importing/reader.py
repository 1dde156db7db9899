"""Streaming readers of performance exports, in memory that does not grow with the file.

A file that is unusable as a whole gives no row: `read` goes through all of it first, for its encoding, the length of
its lines and its quotes.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Final, TextIO, TypeAlias

import msgspec

from umt.application.importing import display, facebook, generic
from umt.application.importing.opening import LONGEST_RECORD, UnusableInput, opened, scan, too_long
from umt.application.importing.rows import (
    Cells,
    Columns,
    Format,
    InvalidCell,
    Options,
    Parser,
    PerformanceRow,
    RejectedRow,
    shown,
)
from umt.domain.errors import InvalidValue

FORMATS: Final = {"facebook": facebook.FORMAT, "display": display.FORMAT, "generic": generic.FORMAT}

_ROWS_PER_PROGRESS: Final = 1000
_DELIMITERS: Final = ",;\t"

Progress: TypeAlias = Callable[[int], None]
Record: TypeAlias = tuple[int, Cells]


class Summary(msgspec.Struct, frozen=True):
    """How many records of a file are rows, and how many are rejected."""

    rows: int
    rejected: int


def check(path: Path, format: str, options: Options, progress: Progress | None = None) -> Summary:
    """Read all and keep nothing: what `read` will give. Raises as `read` does."""
    rows = rejected = 0
    for row in read(path, format, options, progress):
        if isinstance(row, RejectedRow):
            rejected += 1
        else:
            rows += 1
    return Summary(rows, rejected)


def read(
    path: Path, format: str, options: Options, progress: Progress | None = None
) -> Generator[PerformanceRow | RejectedRow, None, None]:
    """The rows of a file, in its order, each good or rejected with the first reason found.

    `progress` is told how many bytes of the file have been read so far, now and then and at the end. Raises
    `UnusableInput`, before the first row unless the file changes meanwhile, and `InvalidValue` for an unknown format.
    """
    form = FORMATS.get(format)
    if form is None:
        raise InvalidValue("format", f"{shown(format)} is not one of {', '.join(FORMATS)}")
    with opened(path) as file:
        quoted = scan(path, file)
        text = io.TextIOWrapper(file, "utf-8-sig", newline="\n")
        delimiter = _delimiter(text)
        if quoted:
            deque(_records(path, text, delimiter), maxlen=0)
        records = _records(path, text, delimiter)
        columns, width = _header(path, format, form, records)
        if not (form.platform or options.platform or "platform" in columns):
            raise UnusableInput(path, "it has no column platform", "say with --platform where it comes from")
        parse, clicks = form.parser(columns, options), columns.spelled("clicks")
        count = 0
        for count, record in enumerate(records, start=1):
            yield record if isinstance(record, RejectedRow) else _row(record, parse, width, clicks)
            if progress and not count % _ROWS_PER_PROGRESS:
                progress(file.tell())
        if not count:
            raise UnusableInput(path, "it has a header but no rows", "export it again, with its rows")
        if progress:
            progress(file.tell())


def _row(record: Record, parse: Parser, width: int, clicks: str) -> PerformanceRow | RejectedRow:
    line, cells = record
    if len(cells) != width:
        return RejectedRow(line, None, f"the number of fields is {len(cells)}; {width} are expected, as in the header")
    try:
        row = parse(line, cells)
    except InvalidCell as invalid:
        return RejectedRow(line, invalid.column, invalid.reason)
    if row.clicks > row.impressions:
        return RejectedRow(line, clicks, f"{row.clicks} clicks of {row.impressions} impressions are impossible")
    return row


class _Lines:
    """The lines of a file, for one record at a time: no more than `room` characters until it is set again."""

    def __init__(self, path: Path, text: TextIO) -> None:
        self._path, self._readline = path, text.readline
        self.start, self.room = 1, LONGEST_RECORD

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self._readline(LONGEST_RECORD + 1)
        except UnicodeDecodeError as error:  # it was UTF-8 a moment ago
            raise UnusableInput(self._path, "it changed while it was read", "import it when it is complete") from error
        if not line:
            raise StopIteration
        if len(line) > self.room:
            refusal = too_long if self.room == LONGEST_RECORD else _open_quote
            raise refusal(self._path, self.start)
        self.room -= len(line)
        return line


def _records(path: Path, text: TextIO, delimiter: str) -> Iterator[Record | RejectedRow]:
    """All records with the line on which each starts, blank lines left out."""
    text.seek(0)
    lines = _Lines(path, text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.start, lines.room = reader.line_num + 1, LONGEST_RECORD
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _misquoted(path, str(error), lines.start, reader.line_num)
        else:
            if cells:
                yield lines.start, cells


def _misquoted(path: Path, error: str, first: int, last: int) -> RejectedRow:
    """What the csv module could not read; raises where the rest of the file is in doubt with it."""
    if "unexpected end" in error or ("field limit" in error and last > first):
        raise _open_quote(path, first)
    where = f" (lines {first} to {last})" if last > first else ""
    if "field limit" in error:
        return RejectedRow(first, None, f"has a field of more than {csv.field_size_limit()} characters")
    if "new-line" in error:
        return RejectedRow(first, None, "has a carriage return outside quotes; end lines with LF or CR LF")
    return RejectedRow(first, None, f"has text after a closing quote{where}; a quote inside a quoted field is doubled")


def _open_quote(path: Path, line: int) -> UnusableInput:
    reason = f"the quote opened in the record on line {line} is not closed"
    return UnusableInput(path, reason, 'close it, or double it ("") if it belongs to the text')


def _delimiter(text: TextIO) -> str:
    """The one that makes most fields of the first line."""
    text.seek(0)
    first = text.readline(LONGEST_RECORD)
    return max(_DELIMITERS, key=first.count)


def _header(path: Path, format: str, form: Format, records: Iterator[Record | RejectedRow]) -> tuple[Columns, int]:
    """The columns of the format that the first record names, and how many fields it has."""
    first = next(records, (1, []))
    if isinstance(first, RejectedRow):
        hint = "convert old Macintosh line ends: tr '\\r' '\\n'" if "carriage" in first.reason else "correct the header"
        raise UnusableInput(path, f"the header {first.reason}", hint)
    spellings = [cell.strip() for cell in first[1]]
    places: dict[str, tuple[int, str]] = {}
    for index, spelled in enumerate(spellings):
        column = spelled.casefold()
        if column in form.required or column in form.optional or _is_dimension(column, form):
            if column in places:
                raise UnusableInput(path, f"the header has the column {spelled} twice", "rename or remove one of them")
            places[column] = index, spelled
    if missing := [column for column in form.required if column not in places]:
        found = ", ".join(shown(spelled) for spelled in spellings[:30] if spelled) or "none"
        reason = f"the header lacks {', '.join(missing)} of the format {format}; found: {found}"
        raise UnusableInput(path, reason, _other_format(spellings))
    return Columns(places), len(spellings)


def _is_dimension(column: str, form: Format) -> bool:
    prefix = form.dimension_prefix
    return prefix is not None and column.startswith(prefix) and column != prefix and column.isprintable()


def _other_format(spellings: list[str]) -> str:
    columns = {spelled.casefold() for spelled in spellings}
    for name, form in FORMATS.items():
        if columns.issuperset(form.required):
            return f"it looks like --format {name}"
    if len(columns) == 1:
        return "separate the fields by commas, semicolons or tabs"
    return "add them, or choose another --format"
