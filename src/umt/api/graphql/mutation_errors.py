"""Why a mutation did nothing, in its payload: each mutation has an error type of its own with the codes it can give."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, ClassVar, Final

import strawberry
from pydantic import ValidationError
from strawberry.types.enum import StrawberryEnumDefinition

from umt.api.graphql.argument_paths import INPUT, Arguments, path_of, path_to
from umt.application.errors import IdempotencyConflict
from umt.domain.errors import DomainError, InvalidValue, VersionConflict

REFUSALS: Final = (DomainError, ValidationError, IdempotencyConflict)
"""What says no to a command by the rules. Anything else (no credential, no permission, a fault) concerns the request."""

ALWAYS: Final[tuple[type[DomainError], ...]] = (InvalidValue, VersionConflict)
"""What every command's mutation may be refused for."""


@strawberry.interface(
    description="Why a mutation did nothing. What implements it has a `code` of that mutation's own enumeration, too."
)
class MutationError:
    codes: ClassVar[type[Enum]]
    """What its code can be."""

    message: str = strawberry.field(description="What is wrong and what to do, for people; programs go by the code.")
    path: list[str] = strawberry.field(
        description='The argument that is to blame, e.g. ["input", "audiences", "0", "name"]; ["input"] if none is by itself.'
    )
    current_version: int | None = strawberry.field(
        description="With a CONFLICT about a version, the one that the thing has by now, 0 if there is none yet; else null."
    )


def error_type(mutation: str, refusals: Iterable[type[DomainError]]) -> type[MutationError]:
    """The error type of a mutation (by the name of its command), which can be refused for these reasons."""
    code = _code_type(mutation, refusals)
    described = strawberry.field(description="The reason; new ones may be added.")
    body = {"__annotations__": {"code": code}, "code": described, "codes": code, "__module__": __name__}
    kind: type[MutationError] = strawberry.type(
        type(f"{mutation}Error", (MutationError,), body), description=f"Why `{_field(mutation)}` did nothing."
    )
    return kind


def errors_of(kind: type[MutationError], refusal: Exception, arguments: Arguments) -> list[MutationError]:
    """The refusal as errors of this type; LookupError if the type has no such code."""
    if isinstance(refusal, ValidationError):
        violations = refusal.errors(include_url=False, include_input=False)
        return [_error(kind, InvalidValue.code, *_violation(each, arguments)) for each in violations]
    message = refusal.reason if isinstance(refusal, InvalidValue) else str(refusal)
    version = refusal.actual if isinstance(refusal, VersionConflict) else None
    assert isinstance(refusal, DomainError | IdempotencyConflict)
    return [_error(kind, refusal.code, message, path_to(refusal, arguments), version)]


def _error(kind: Any, code: str, message: str, path: list[str], current_version: int | None = None) -> MutationError:
    error: MutationError = kind(code=kind.codes[code], message=message, path=path, current_version=current_version)
    return error


def _violation(violation: Any, arguments: Arguments) -> tuple[str, list[str]]:
    where = ".".join(map(str, violation["loc"]))
    return violation["msg"].removeprefix("Value error, "), path_of(where, arguments.input) or [INPUT]


def _code_type(mutation: str, refusals: Iterable[type[DomainError]]) -> type[Enum]:
    reasons = {reason.code: _meaning(reason) for reason in (*ALWAYS, *refusals)}
    codes = Enum(f"{mutation}ErrorCode", {code: code for code in sorted(reasons)}, module=__name__)  # type: ignore[misc]
    published: type[Enum] = strawberry.enum(codes, description=f"Why `{_field(mutation)}` can do nothing.")
    definition: StrawberryEnumDefinition = published.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = reasons[value.name]
    return published


def _meaning(reason: type[DomainError]) -> str:
    if reason is VersionConflict:
        return (
            "The thing is no longer at `expectedVersion`, or changed again and again while this was decided; or the"
            " idempotency key was used for another request."
        )
    return " ".join((reason.__doc__ or "").split())


def _field(mutation: str) -> str:
    return f"{mutation[0].lower()}{mutation[1:]}"
