"""Idempotency keys as callers choose them, whatever face they speak to."""

from __future__ import annotations

from typing import Final

from umt.domain.errors import InvalidValue

LONGEST_KEY: Final = 200


def checked_key(key: str | None, field: str = "idempotencyKey") -> str | None:
    """A key that can be kept and shown; InvalidValue for another, told by the field that it is given in."""
    if key is not None and not (1 <= len(key) <= LONGEST_KEY and key.isprintable()):
        raise InvalidValue(field, f"must have between 1 and {LONGEST_KEY} printable characters")
    return key
