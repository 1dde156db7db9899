"""A command as a mutation."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

import strawberry
from msgspec.structs import replace
from pydantic.alias_generators import to_snake
from strawberry.types.field import StrawberryField

from umt.api.graphql.payloads import Payload, payload
from umt.api.graphql.plain import fields_of
from umt.api.graphql.request import Info, Request
from umt.api.idempotency import checked_key
from umt.application.commands.analytics import RecordPerformance
from umt.application.dispatch import Command
from umt.application.transaction import Outcome

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


def makes(command: type[Command], takes: type, gives: type[Payload]) -> StrawberryField:
    """The mutation of a command that makes something new, which has no version to expect."""

    async def resolve(info: Info, input: Any, idempotency_key: IdempotencyKey = None) -> Any:
        return await carry_out(info.context, command, input, gives, idempotency_key)

    return _field(resolve, command, takes, gives)


def changes(command: type[Command], takes: type, gives: type[Payload]) -> StrawberryField:
    """The mutation of a command that changes what is there."""

    async def resolve(
        info: Info, input: Any, idempotency_key: IdempotencyKey = None, expected_version: ExpectedVersion = None
    ) -> Any:
        return await carry_out(info.context, command, input, gives, idempotency_key, expected_version)

    return _field(resolve, command, takes, gives)


def _field(resolve: Any, command: type[Command], takes: type, gives: type[Payload]) -> StrawberryField:
    resolve.__name__ = to_snake(command.__name__)
    resolve.__annotations__ |= {
        "input": Annotated[takes, strawberry.argument(description="What is asked for.")],
        "return": gives,
    }
    field: StrawberryField = strawberry.mutation(resolve, description=command.__doc__)
    return field


async def carry_out(
    request: Request,
    kind: type[Command],
    given: Any,
    gives: type[Payload],
    key: str | None,
    expected_version: int | None = None,
    **made: Any,
) -> Any:
    """What the command answers; ``made`` are fields of it that the caller does not give."""
    context = replace(await request.caller(), command_id=checked_key(key), expected_version=expected_version)
    command = kind.model_validate(fields_of(given) | made)
    outcome = await asyncio.wrap_future(request.services.dispatcher.submit(command, context))
    request.forget()
    return await payload(gives, request, command.permission, _shown(command, outcome), outcome)


def _shown(command: Command, outcome: Outcome) -> UUID:
    """What the payload shows: the thing the command was about, of figures their campaign."""
    subject = command.campaign if isinstance(command, RecordPerformance) else outcome.subject
    assert subject, "a command is about something"
    return subject
