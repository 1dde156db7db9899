"""Positions of the log as opaque texts: they name the log and its epoch, so that a restore can tell old ones."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from typing import Final

from umt.domain.errors import InvalidValue

_LOG: Final = "umt"
_EPOCH: Final = 1
_NAMED: Final = f"{_LOG}:{_EPOCH}:%d".encode()
_FORM: Final = re.compile(rf"{_LOG}:{_EPOCH}:(0|[1-9]\d{{0,17}})", re.ASCII)


@lru_cache(maxsize=10_000)  # lists tell the same positions over and over
def encode(position: int) -> str:
    """The position for a caller to hand back as ``atLeast``."""
    # Base64 of these letters, digits and colons has none of the two characters that differ in base64url.
    return binascii.b2a_base64(_NAMED % position, newline=False).rstrip(b"=").decode("ascii")


def decode(token: str, field: str) -> int:
    """The position that a caller hands back in an argument, or InvalidValue."""
    found = _FORM.fullmatch(transparent(token, field).decode("ascii", "replace"))
    if found is None:
        raise InvalidValue(field, "is not a position that this API gave")
    return int(found[1])


def opaque(content: bytes) -> str:
    """The bytes as base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def transparent(text: str, field: str) -> bytes:
    """The bytes of an opaque text, which must be of the very form that `opaque` gives."""
    try:
        content = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise InvalidValue(field, "is not a text that this API gave") from error
    if opaque(content) != text:
        raise InvalidValue(field, "is not a text that this API gave")
    return content
