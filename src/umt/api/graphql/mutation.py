"""A command as a mutation."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from inspect import getdoc
from typing import Annotated, Any, NamedTuple, TypeAlias

import strawberry
from msgspec.structs import replace
from pydantic.alias_generators import to_snake
from strawberry.types.field import StrawberryField

from umt.api.graphql.argument_paths import Arguments
from umt.api.graphql.mutation_errors import REFUSALS
from umt.api.graphql.payloads import Answer, Payload, answered, payload_type, refused, shown_by
from umt.api.graphql.plain import fields_of
from umt.api.graphql.request import Info, Request
from umt.api.graphql.selection import selects
from umt.api.idempotency import checked_key
from umt.application.dispatch import Command
from umt.application.tracing import span
from umt.application.transaction import Context
from umt.domain.errors import DomainError

log = logging.getLogger(__name__)

IdempotencyKey = Annotated[
    str | None,
    strawberry.argument(
        description="A key of the caller's own: 1 to 200 printable characters. Sent again with the same input it"
        " answers without doing anything more; with another input it is a CONFLICT."
    ),
]
ExpectedVersion = Annotated[
    int | None,
    strawberry.argument(description="The version that the caller last saw; CONFLICT if it is another one by now."),
]
NoVersion = Annotated[
    int | None,
    strawberry.argument(description="0, the version of what is not there yet; anything else is a CONFLICT."),
]

Refusal: TypeAlias = type[DomainError]
Act: TypeAlias = Callable[[Request, type[Command], dict[str, Any], Context], Awaitable[Answer]]
"""Carries a command out, given by its fields."""


class Secret(NamedTuple):
    """Something that a mutation makes up: what the command is given of it, and what the payload shows of it, once."""

    given: dict[str, Any]
    shown: dict[str, Any]


def makes(
    command: type[Command],
    takes: type,
    shows: type[Payload],
    *refusals: Refusal,
    secret: Callable[[], Secret] | None = None,
    description: str | None = None,
) -> StrawberryField:
    """The mutation of a command that makes something new; ``refusals`` are what it can be refused for besides `ALWAYS`."""
    return _mutation(command, takes, shows, refusals, NoVersion, _through(shows, secret), description)


def changes(
    command: type[Command],
    takes: type,
    shows: type[Payload],
    *refusals: Refusal,
    act: Act | None = None,
    description: str | None = None,
) -> StrawberryField:
    """The mutation of a command that changes what is there; ``refusals`` are what it can be refused for besides `ALWAYS`.
    ``act`` is what carries it out, if that is not the dispatcher alone."""
    return _mutation(command, takes, shows, refusals, ExpectedVersion, act or _through(shows), description)


def _mutation(
    command: type[Command],
    takes: type,
    shows: type[Payload],
    refusals: Iterable[Refusal],
    version: Any,
    act: Act,
    description: str | None,
) -> StrawberryField:
    gives = payload_type(command.__name__, shows, refusals)

    async def resolve(
        info: Info, input: Any, idempotency_key: IdempotencyKey = None, expected_version: int | None = None
    ) -> Any:
        arguments = Arguments(input, idempotency_key, expected_version)
        try:
            return answered(gives, await _carried_out(info.context, command, arguments, act))
        except REFUSALS as refusal:
            if told := _told(info, gives, refusal, arguments):
                return told
            raise

    resolve.__name__ = to_snake(command.__name__)
    resolve.__annotations__ |= {
        "input": Annotated[takes, strawberry.argument(description="What is asked for.")],
        "expected_version": version,
        "return": gives | None,
    }
    field: StrawberryField = strawberry.mutation(resolve, description=description or getdoc(command))
    return field


async def _carried_out(request: Request, command: type[Command], arguments: Arguments, act: Act) -> Answer:
    context = replace(
        await request.caller(),
        command_id=checked_key(arguments.idempotency_key),
        expected_version=arguments.expected_version,
    )
    with span(f"command {command.__name__}", lambda: {"umt.command": command.__name__}):
        return await act(request, command, fields_of(arguments.input), context)


def _told(info: Info, gives: type[Payload], refusal: Exception, arguments: Arguments) -> Payload | None:
    """The payload that tells of a refusal. None if the document does not ask for it there: then it must be an error of
    the whole answer, which nobody overlooks."""
    if not selects(info, "errors"):
        return None
    try:
        return refused(gives, refusal, arguments)
    except LookupError:
        log.error("%s has no code for %r, so the refusal is told outside of it", gives.__name__, refusal)
        return None


def _through(shows: type[Payload], secret: Callable[[], Secret] | None = None) -> Act:
    """The way of most commands: through the dispatcher; the thing is then shown as the log has it."""

    async def act(request: Request, command: type[Command], given: dict[str, Any], context: Context) -> Answer:
        made = secret() if secret else Secret({}, {})
        asked = command.model_validate(given | made.given)
        outcome = await asyncio.wrap_future(request.services.dispatcher.submit(asked, context))
        request.forget()
        shown = await shown_by(shows, request, command.permission, outcome)
        return Answer(shown if outcome.repeated else shown | made.shown, outcome)

    return act
