"""Checks that several contexts share; each answers the cleaned value or refuses by name of the field."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from umt.domain.errors import InvalidValue

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with its offset; one without is refused where it is read."""

MAX_COUNT = 2**53 - 1
"""The largest whole number that every reader of JSON holds exactly."""

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


def text(value: str, field: str, *, longest: int = 200, empty: bool = False) -> str:
    """Trimmed text in NFC without control characters (line breaks and tabs are kept)."""
    cleaned = unicodedata.normalize("NFC", value).strip()
    if not cleaned and not empty:
        raise InvalidValue(field, "must not be empty")
    if len(cleaned) > longest:
        raise InvalidValue(field, f"has {len(cleaned)} characters; at most {longest} are allowed")
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in cleaned):
        raise InvalidValue(field, "must not contain control characters")
    return cleaned


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
    """An absolute http(s) address without credentials."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise InvalidValue(field, f"{value[:80]!r} is not a web address") from error
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or len(value) > 2000
        or not value.isprintable()
        or " " in value
    ):
        raise InvalidValue(field, f"{value[:80]!r} is not a web address like https://example.com/page")
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
