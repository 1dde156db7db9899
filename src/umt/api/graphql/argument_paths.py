"""Where in a mutation's arguments something is that a refusal is about."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, NamedTuple

from umt.api.graphql.plain import inputs_of, is_input
from umt.application.errors import IdempotencyConflict
from umt.domain.errors import VersionConflict

INPUT: Final = "input"
KEY: Final = "idempotencyKey"
VERSION: Final = "expectedVersion"


class Arguments(NamedTuple):
    """What a command's mutation was given."""

    input: Any
    idempotency_key: str | None
    expected_version: int | None


def path_to(refusal: Exception, arguments: Arguments) -> list[str]:
    """The path of the argument that a refusal is about.

    The one it names by field, else the one that holds the value it speaks of (the id of what was not found), else the
    one called like the kind of thing that it is about, else the whole input.
    """
    if isinstance(refusal, IdempotencyConflict):
        return [KEY]
    if isinstance(refusal, VersionConflict):
        return [INPUT] if arguments.expected_version is None else [VERSION]
    field = getattr(refusal, "field", None)
    if field == KEY:
        return [KEY]
    if field and (path := path_of(field, arguments.input)):
        return path
    about = [getattr(refusal, name, None) for name in ("identifier", "name")]
    for path, value in _leaves(arguments.input):
        if str(value) in (str(each) for each in about if each is not None):
            return [INPUT, *path]
    return path_of(getattr(refusal, "kind", ""), arguments.input) or [INPUT]


def path_of(field: str, given: Any) -> list[str]:
    """The path of a field of the input like ``audiences.0.name``, or of the deepest part of it that there is; empty if
    there is none."""
    path: list[str] = []
    for name in field.split("."):
        parts = dict(_parts(given))
        if name not in parts:
            break
        given = parts[name]
        path.append(name)
    return [INPUT, *path] if path else []


def _parts(given: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(given, list):
        yield from ((str(n), each) for n, each in enumerate(given))
    elif is_input(given):
        yield from ((each.published, each.value) for each in inputs_of(given))


def _leaves(given: Any) -> Iterator[tuple[list[str], Any]]:
    """Each value that holds no others, with its path."""
    if not isinstance(given, list) and not is_input(given):
        yield [], given.value if isinstance(given, Enum) else given
    for name, part in _parts(given):
        yield from (([name, *path], leaf) for path, leaf in _leaves(part))
