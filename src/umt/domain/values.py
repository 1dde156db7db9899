"""Checks that several contexts share; each answers the cleaned value or refuses by name of the field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from umt.domain.errors import InvalidValue

T = TypeVar("T")

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with its offset; one without is refused where it is read."""

MAX_COUNT = 2**53 - 1
"""The largest whole number that every reader of JSON holds exactly."""

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Bidirectional overrides, embeddings and isolates: with them a text reads otherwise than it is stored (UTR 36)."""
_BLANKS = frozenset("\n\r\t\u115f\u1160\u2800\u3164\uffa0")
"""Signs that show nothing although their category is another than that of blanks."""


def text(value: str, field: str, *, longest: int = 200, empty: bool = False) -> str:
    """Trimmed text in NFC without control characters (line breaks and tabs are kept); what shows nothing is empty."""
    cleaned = unicodedata.normalize("NFC", value).strip()
    if is_blank(cleaned):
        cleaned = ""
    if not cleaned and not empty:
        raise InvalidValue(field, "must not be empty")
    if len(cleaned) > longest:
        raise InvalidValue(field, f"has {len(cleaned)} characters; at most {longest} are allowed")
    if _CONTROL.search(cleaned):
        raise InvalidValue(field, "must not contain control characters")
    if _DIRECTION.search(cleaned):
        raise InvalidValue(field, "must not contain characters that turn the direction of writing")
    return cleaned


def without_direction(words: str) -> str:
    """Without the characters that turn the reading direction of what follows."""
    return _DIRECTION.sub("", words)


MOST = 100
"""How many things a list may have that belongs to another thing, where nothing else is said."""


def few(values: Iterable[T], field: str, *, most: int = MOST) -> tuple[T, ...]:
    """The values, if they are not too many."""
    found = tuple(values)
    if len(found) > most:
        raise InvalidValue(field, f"has {len(found)} entries; at most {most} are allowed")
    return found


def texts(values: Iterable[str], field: str, *, longest: int = 200) -> tuple[str, ...]:
    """Each of several texts as `text` has it; a refusal counts from zero which one it is, as in ``keywords.2``."""
    return tuple(text(value, f"{field}.{n}", longest=longest) for n, value in enumerate(few(values, field)))


def told(words: str, *, longest: int) -> str:
    """Words of an outside system, made fit to keep instead of refused: in NFC, trimmed and cut.

    Control characters (line breaks and tabs are kept), half characters and those that turn the direction are left out.
    """
    fit = without_direction(_CONTROL.sub("", words.replace("\r", "")))
    return unicodedata.normalize("NFC", fit).strip()[:longest].strip()


def is_blank(words: str) -> bool:
    """Whether nothing of it would be seen."""
    return all(_invisible(character) for character in words)


def _invisible(character: str) -> bool:
    return character in _BLANKS or unicodedata.category(character) in ("Cf", "Zs", "Zl", "Zp")


def unique_key(name: str) -> str:
    """The form under which a name is unique: compatibility-normalised, caseless, single blanks."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def colour(value: str, field: str) -> str:
    """An sRGB colour like #FF5733."""
    if not _COLOUR.fullmatch(value):
        raise InvalidValue(field, f"{value[:20]!r} is not a colour like #FF5733")
    return value.upper()


def url(value: str, field: str) -> str:
    """An absolute http(s) address without credentials. What is refused is not repeated: it may hold a password."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise InvalidValue(field, "is not a web address like https://example.com/page") from error
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or len(value) > 2000
        or not value.isprintable()
        or " " in value
    ):
        raise InvalidValue(field, "is not a web address like https://example.com/page")
    if parts.username or parts.password:
        raise InvalidValue(field, "must not contain credentials")
    return value


def time_zone(value: str, field: str = "timeZone") -> str:
    """An IANA time zone name."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidValue(field, f"{value[:40]!r} is not a time zone like Europe/Berlin") from error
    return value
