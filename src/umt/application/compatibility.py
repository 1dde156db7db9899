"""Whether a published contract still keeps what it promised, compared with what others last got of it.

A change that breaks its users is refused, unless ``breaking-changes.toml`` beside the contract accepts it::

    [[accepted]]
    on = 2027-06-01
    why = "Deprecated since 2026-12-01; nobody has used it since."
    changes = ["Field Brand.slogan was removed.", "Field Brand.* changed type from URL to *."]

A change is named as `umt schema check` tells it; ``*`` stands for one word, the first one after a whole type, or after an
operation of REST. An acceptance counts once, for the change that it was committed with: what is like it and comes later
needs another.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import msgspec

from umt.application.schemas import Difference

ACCEPTED: Final = "breaking-changes.toml"
_WHOLE: Final = re.compile(r"\b\w+\.(\w+\()?\w*$|^[A-Z]+ /\S+: ")
"""What stands before a wildcard: a type, maybe with a field, or an operation."""


class Change(NamedTuple):
    """A difference between two versions of a contract. One that breaks nothing may still surprise."""

    breaks: bool
    text: str


Compare = Callable[[bytes, bytes], Iterable[Change]]
"""What changed from the one version to the other; ValueError if the first cannot be read."""


class Committed(msgspec.Struct, frozen=True):
    """What others last got of a contract, and the acceptances that they got with it (None: unknown). ``pending``:
    whether what is published now is on its way to them still."""

    contract: bytes
    accepted: bytes | None
    pending: bool


class LastCommitted(Protocol):
    """Finds what was last committed of a contract."""

    def __call__(self, contract: Path, accepted: Path, published: bytes) -> Committed | None:
        """What differs from it is ``published`` now; None if there is nothing to compare with."""
        ...


def in_folder(contract: Path, accepted: Path, published: bytes) -> Committed | None:
    """What lies in the folder is taken to be what was committed."""
    if not contract.exists():
        return None
    found = contract.read_bytes()
    return Committed(found, None, pending=found != published)


class Acceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Breaking changes that were accepted on a day, and why."""

    on: date
    why: str
    changes: tuple[str, ...]

    def covers(self, change: str) -> bool:
        return any(_matches(pattern, change) for pattern in self.changes)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    accepted: tuple[Acceptance, ...] = ()


def acceptances(text: bytes) -> tuple[Acceptance, ...]:
    """What a file of accepted changes holds; ValueError, with what is wrong, if it cannot be used."""
    found = msgspec.convert(tomllib.loads(text.decode()), _File).accepted
    for each in found:
        if not each.why.strip() or not each.changes:
            raise ValueError(f"the acceptance of {each.on} needs changes, and a reason (why) for them")
        if wide := next((pattern for pattern in each.changes if not _is_narrow(pattern)), None):
            raise ValueError(f"{wide!r} is too wide: the first * stands after a whole type, like `Field Brand.*`")
    return found


class Gate:
    """Compares one contract with what was last committed of it."""

    def __init__(self, path: Path, published: bytes, compare: Compare, last_committed: LastCommitted) -> None:
        self._path, self._published, self._compare = path, published, compare
        self._accepted = path.with_name(ACCEPTED)
        self._committed = last_committed(path, self._accepted, published)

    def broken(self) -> Iterator[Difference]:
        """What breaks others and is not accepted, and what is accepted but breaks nothing."""
        try:
            new = self._new_acceptances()
            breaking = [change.text for change in self._changes() if change.breaks]
        except _Unreadable as error:
            yield Difference(str(error.path), f"is damaged: {error}", breaking=True)
            return
        for text in breaking:
            if not any(each.covers(text) for each in new):
                yield Difference(str(self._path), f"{text} {self._advice}", breaking=True)
        if self._committed and self._committed.accepted is not None:
            idle = (pattern for each in new for pattern in each.changes if not _covers_any(pattern, breaking))
            for pattern in idle:
                yield Difference(str(self._accepted), f"accepts {pattern!r}, which is no change; take it out.")

    def surprising(self) -> Iterator[Difference]:
        """What breaks nobody by itself but may surprise them, while it is on its way to them."""
        if self._committed and self._committed.pending:
            yield from (Difference(str(self._path), each.text) for each in self._changes() if not each.breaks)

    @property
    def _advice(self) -> str:
        return f"Keep it, deprecated, and add another beside it; or accept that in {self._accepted}."

    def _changes(self) -> Iterable[Change]:
        try:
            return list(self._compare(self._committed.contract, self._published)) if self._committed else []
        except ValueError as error:
            raise _Unreadable(self._path, error) from error

    def _new_acceptances(self) -> tuple[Acceptance, ...]:
        try:
            now = acceptances(self._accepted.read_bytes()) if self._accepted.exists() else ()
            before = acceptances(self._committed.accepted or b"") if self._committed else ()
        except ValueError as error:
            raise _Unreadable(self._accepted, error) from error
        return tuple(each for each in now if each not in before)


class _Unreadable(Exception):
    def __init__(self, path: Path, reason: ValueError) -> None:
        self.path = path
        super().__init__(str(reason))


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(r"\S+".join(map(re.escape, pattern.split("*"))), text) is not None


def _covers_any(pattern: str, changes: Iterable[str]) -> bool:
    return any(_matches(pattern, change) for change in changes)


def _is_narrow(pattern: str) -> bool:
    before, star, _ = pattern.partition("*")
    return not star or _WHOLE.search(before) is not None
