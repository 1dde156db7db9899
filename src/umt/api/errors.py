"""What callers are told when something fails: one table from exceptions to codes; whatever is not in it is masked.

=======================  ====  =====================================================================================
code                     HTTP  meaning
=======================  ====  =====================================================================================
``UNAUTHENTICATED``       401  no valid token, or address and password do not fit
``FORBIDDEN``             403  the role does not allow it, or a request with cookies lacks its CSRF token
``BAD_USER_INPUT``        400  the request itself is wrong; ``field`` says where
``NOT_FOUND``             404  there is no such thing in this workspace
``CONFLICT``              409  the request is right, but not as things stand; ``domainCode`` says why
``PRECONDITION_FAILED``   412  REST only: ``If-Match`` names another version than the present one, ``currentVersion``
``THROTTLED``             429  too many requests or attempts; ``retryAfter`` seconds, as in the header ``Retry-After``
``OUT_OF_RANGE``          409  a sum is above what a Long holds exactly
``STALE_READ``            503  the read models did not reach ``wanted`` in time (``reason`` LAGGING: ask again), or wait
                                for an operator (PARKED)
``UNAVAILABLE``           503  the database cannot be reached now; ask again
``INTERNAL``              500  a fault of ours; ``reference`` finds it in the log
=======================  ====  =====================================================================================
"""

from __future__ import annotations

import logging
import math
import secrets
from typing import Any, Final

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from umt.api import positions
from umt.api.graphql.scalars import OutOfRange
from umt.application.errors import CsrfRefused, Forbidden, IdempotencyConflict, Throttled, Unauthenticated, Unavailable
from umt.application.queries import StaleRead
from umt.domain.errors import DomainError, InvalidValue, NotFound, OutOfReach, VersionConflict

log = logging.getLogger(__name__)


class PreconditionFailed(Exception):
    """The thing is at another version than the one that `If-Match` names."""

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(f"It is at version {current} by now, which If-Match does not name; read it again.")


BAD_USER_INPUT: Final = "BAD_USER_INPUT"
UNAVAILABLE: Final = "UNAVAILABLE"
INTERNAL: Final = "INTERNAL"

CODES: Final[dict[type[Exception], str]] = {
    Unauthenticated: "UNAUTHENTICATED",
    Forbidden: "FORBIDDEN",
    CsrfRefused: "FORBIDDEN",
    ValidationError: BAD_USER_INPUT,
    InvalidValue: BAD_USER_INPUT,
    NotFound: "NOT_FOUND",
    OutOfReach: "FORBIDDEN",
    DomainError: "CONFLICT",
    PreconditionFailed: "PRECONDITION_FAILED",
    IdempotencyConflict: "CONFLICT",
    Throttled: "THROTTLED",
    OutOfRange: "OUT_OF_RANGE",
    StaleRead: "STALE_READ",
    Unavailable: "UNAVAILABLE",
}
"""The code of an exception class and of those derived from it; the nearest one counts."""

STATUS: Final = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    BAD_USER_INPUT: 400,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "PRECONDITION_FAILED": 412,
    "THROTTLED": 429,
    "OUT_OF_RANGE": 409,
    "STALE_READ": 503,
    "UNAVAILABLE": 503,
    INTERNAL: 500,
}
"""The HTTP status of each code, on the REST side."""


def code_of(error: Exception) -> str:
    """The code that a caller is told."""
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), INTERNAL)


def problem(error: Exception) -> dict[str, Any]:
    """What a caller is told of an exception: ``message`` and ``extensions``, of a fault of ours only a reference."""
    code = code_of(error)
    if code == INTERNAL:
        reference = secrets.token_hex(8)
        log.error("internal error %s", reference, exc_info=error)
        return told(f"Something went wrong on our side; its reference is {reference}.", code, reference=reference)
    if isinstance(error, ValidationError):
        field, message = _first_violation(error)
        return told(f"{field}: {message}", code, field=field)
    return told(str(error), code, **_details(error))


def told(message: str, code: str, **details: Any) -> dict[str, Any]:
    """An error in the form of GraphQL's; the REST side uses it too."""
    return {"message": message, "extensions": {"code": code, **details}}


def _details(error: Exception) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if isinstance(error, DomainError):
        details["domainCode"] = error.code
        if error.field:
            details["field"] = error.field
    if isinstance(error, VersionConflict):
        details["currentVersion"] = error.actual
    if isinstance(error, PreconditionFailed):
        details["currentVersion"] = error.current
    if isinstance(error, Throttled):
        details["retryAfter"] = math.ceil(error.retry_after)
    if isinstance(error, StaleRead):
        details |= {
            "wanted": positions.encode(error.wanted),
            "reached": positions.encode(error.reached),
            "reason": error.reason,
        }
    return details


def _first_violation(error: ValidationError) -> tuple[str, str]:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(to_camel(part) if isinstance(part, str) else str(part) for part in first["loc"])
    return field, first["msg"].removeprefix("Value error, ")
