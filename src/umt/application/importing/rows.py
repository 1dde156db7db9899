"""A row of a performance export, and how the cells of one are read.

A reader of cells takes the text of one cell and answers its value, or raises `InvalidCell` with a reason that says
what was found and what is expected; `Columns` adds the name of the column. Readers remember recent values, since
exports repeat them: their caches are bounded in entries and in the length of each.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Context, Decimal
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar

import msgspec

from umt.domain.errors import InvalidValue
from umt.domain.money import CURRENCIES
from umt.domain.platform import Platform
from umt.domain.values import MAX_COUNT

LONGEST_NAME: Final = 500
AMOUNT_LIMIT: Final = Decimal(10**12)
MICRO: Final = Decimal("0.000001")

T = TypeVar("T")
Cells: TypeAlias = list[str]
Dimensions: TypeAlias = tuple[tuple[str, str], ...]


class PerformanceRow(msgspec.Struct, frozen=True, gc=False):
    """The figures of one ad on one day, or of its lifetime so far when `day` is None.

    `line` is the physical line of the file on which the record starts; the header is on line 1. Amounts are in units of
    `currency`, exact to a millionth.
    """

    line: int
    campaign_ref: str
    campaign_name: str
    ad_ref: str
    ad_name: str
    dimensions: Dimensions
    platform: str
    day: date | None
    currency: str
    impressions: int
    clicks: int
    conversions: int
    leads: int
    spend: Decimal
    revenue: Decimal


class RejectedRow(msgspec.Struct, frozen=True, gc=False):
    """A record that is left out: where it starts, the column at fault (None: the record as a whole), and why."""

    line: int
    column: str | None
    reason: str


class Options(msgspec.Struct, frozen=True):
    """What a file does not say of itself. The defaults are fixed, so that the same file always gives the same rows."""

    currency: str = "USD"
    year: int = 2020
    platform: str | None = None

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise InvalidValue("currency", f"{shown(self.currency)} is not an ISO 4217 currency code like EUR")
        if not 1900 <= self.year <= 2999:
            raise InvalidValue("year", f"{self.year} is not a year from 1900 to 2999")
        if self.platform is not None and self.platform not in _PLATFORMS:
            raise InvalidValue("platform", f"{shown(self.platform)} is not one of {', '.join(_PLATFORMS)}")


class Format(msgspec.Struct, frozen=True):
    """A kind of export: its columns in lower case, the platform it comes from, and what makes rows of its records."""

    required: tuple[str, ...]
    parser: Callable[[Columns, Options], Parser]
    optional: tuple[str, ...] = ()
    dimension_prefix: str | None = None
    platform: str | None = None


Parser: TypeAlias = Callable[[int, Cells], PerformanceRow]


class InvalidCell(Exception):
    """A cell, or a record, does not hold what it should."""

    def __init__(self, reason: str, column: str | None = None) -> None:
        self.reason, self.column = reason, column
        super().__init__(reason)


class Columns:
    """Where a file has the columns of a format. Makes one function per column that reads its cell of a record."""

    def __init__(self, places: dict[str, tuple[int, str]]) -> None:
        """Of each column, by its name in the format: its index, and its name as spelled in the file."""
        self._places = places

    def __contains__(self, column: str) -> bool:
        return column in self._places

    def spelled(self, column: str) -> str:
        """The column's name as the file writes it."""
        return self._places[column][1]

    def starting(self, prefix: str) -> list[str]:
        """The columns of that prefix, in the order of the file."""
        return [column for column in self._places if column.startswith(prefix)]

    def cell(self, column: str, read: Callable[[str], T]) -> Callable[[Cells], T]:
        """A function from a record to the value of this column; what it raises names the column."""
        index, spelled = self._places[column]

        def read_cell(cells: Cells) -> T:
            try:
                return read(cells[index])
            except InvalidCell as invalid:
                invalid.column = spelled
                raise

        return read_cell

    def optional(self, column: str, read: Callable[[str], T], default: T) -> Callable[[Cells], T]:
        """As `cell`, with a default where the file lacks the column or the cell is empty."""
        if column not in self:
            return lambda cells: default
        return self.cell(column, lambda text: read(text) if text and not text.isspace() else default)


def whole(text: str) -> int:
    """A count from 0 to 2^53-1, written with digits only."""
    if not (text.isdecimal() and text.isascii()):
        text = text.strip()
        if not (text.isdecimal() and text.isascii()):
            raise InvalidCell(_fault(text, "a whole number such as 1250"))
    if len(text) > 40 or (number := int(text)) > MAX_COUNT:
        raise InvalidCell(f"{shown(text)} is above {MAX_COUNT} (2^53-1), the largest count that is kept exactly")
    return number


@lru_cache(1 << 14)
def amount(text: str) -> Decimal:
    """A plain decimal from 0 to below 10^12, to the nearest millionth (half to even), without trailing zeros."""
    plain = text.strip()
    if len(text) > _LONGEST_NUMBER or not _PLAIN.fullmatch(plain):
        raise InvalidCell(_fault(text, "a plain decimal such as 1250.50"))
    if (value := rounded(Decimal(plain), MICRO)) >= AMOUNT_LIMIT:
        raise InvalidCell(f"{shown(plain)} is too large; an amount below {AMOUNT_LIMIT} (12 digits) is expected")
    return value


def rounded(value: Decimal, step: Decimal) -> Decimal:
    """The nearest multiple of a power of ten (half to even), without trailing zeros and never in exponent form."""
    return Decimal(f"{value.quantize(step, context=_CONTEXT).normalize(_CONTEXT):f}")


@lru_cache(1 << 13)
def label(text: str) -> str:
    """A trimmed text in NFC of at most 500 characters without control characters; it may be empty."""
    if len(text) > LONGEST_NAME:
        raise InvalidCell(f"{shown(text)} has {len(text)} characters; at most {LONGEST_NAME} are allowed")
    cleaned = unicodedata.normalize("NFC", text.strip())
    if not cleaned.isprintable() and any(unicodedata.category(c) == "Cc" for c in cleaned):
        raise InvalidCell(f"{shown(cleaned)} has a control character; write it without tabs, line breaks and the like")
    return cleaned


def name(text: str) -> str:
    """A `label` that is not empty."""
    cleaned = label(text)
    if not cleaned:
        raise InvalidCell("is empty; a name is expected")
    return cleaned


def platform(text: str) -> str:
    """A platform by name, in any case: ``LinkedIn`` is linkedin."""
    known = _PLATFORMS.get(text.strip().lower()[:LONGEST_NAME])
    if known is None:
        raise InvalidCell(f"{shown(text)} is not a known platform; one of {', '.join(_PLATFORMS)} is expected")
    return known


def currency(text: str) -> str:
    """An ISO 4217 code, in any case."""
    code = text.strip().upper()
    if code not in CURRENCIES:
        raise InvalidCell(f"{shown(text)} is not an ISO 4217 currency code such as EUR")
    return code


def shown(text: str) -> str:
    """A value as a message shows it: short, in quotes, control characters escaped."""
    return repr(text if len(text) <= 40 else text[:40] + "…")


def _fault(text: str, expected: str) -> str:
    if len(text) > _LONGEST_NUMBER:
        return f"{shown(text)} has {len(text)} characters; {expected} is expected"
    text = text.strip()
    if not text:
        return f"is empty; {expected} is expected"
    fault = next((fault for pattern, fault in _FAULTS if pattern.fullmatch(text)), "is not a number")
    return f"{shown(text)} {fault}; {expected} is expected"


_PLATFORMS: Final = {platform.value: platform.value for platform in Platform}
_LONGEST_NUMBER: Final = 64
_CONTEXT: Final = Context(prec=80)  # exact for the longest number
_PLAIN: Final = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")
_FAULTS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.ASCII), fault)
    for pattern, fault in (
        (r"[-+]?(nan|inf|infinity)", "is not a finite number"),
        (r"-.*\d.*", "is negative"),
        (r"[\d.,]+e[-+]?\d+", "is in exponent form"),
        (r"[\d.]*,[\d.,]*", "has a comma (thousands separator or decimal comma)"),
        (r"\d{1,3}(['’_ \u00a0\u202f]\d{3})+([.,]\d*)?", "has thousands separators"),
        (r"[\d.,]+\s*%", "has a percent sign"),
        (r"([a-z]{3}|[^\w\s.,+-])\s*[\d.,]+|[\d.,]+\s*([a-z]{3}|[^\w\s.,+-])", "has a currency sign"),
        (r"\d*\.\d*", "is not a whole number"),
    )
)
