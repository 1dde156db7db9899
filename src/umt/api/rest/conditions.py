"""Entity tags and conditional requests (RFC 9110, 13): a thing's tag is its version."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from umt.domain.errors import InvalidValue

_TAG: Final = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')
_OURS: Final = re.compile(r"v([1-9]\d{0,17})", re.ASCII)

NO_VERSION: Final = 0
"""A version that nothing has."""


def etag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"v{version}"'


class Condition(msgspec.Struct, frozen=True):
    """Which versions are meant: any at all, or one of these."""

    any: bool
    strong: frozenset[int] = frozenset()
    weak: frozenset[int] = frozenset()

    def matches_weakly(self, version: int) -> bool:
        """As If-None-Match compares: a tag that a proxy has weakened counts."""
        return self.any or version in self.strong | self.weak


def condition(lines: Iterable[str], header: str) -> Condition | None:
    """What the header's lines ask for, or InvalidValue; None without the header. Tags that no version has are left out."""
    text = ",".join(lines).strip()
    if not text:
        return None
    if text == "*":
        return Condition(any=True)
    strong, weak, at = set[int](), set[int](), 0
    while at < len(text):
        found = _TAG.match(text, at)
        if found is None:
            raise InvalidValue(header, 'is * or entity tags in quotation marks, like "v12"')
        at = found.end()
        if version := _OURS.fullmatch(found[2]):
            (weak if found[1] else strong).add(int(version[1]))
    return Condition(any=False, strong=frozenset(strong), weak=frozenset(weak))
