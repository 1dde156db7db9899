"""`register`."""

from __future__ import annotations

from typing import Annotated

import strawberry

from umt.api.graphql.fields import mutation
from umt.api.graphql.mutation import IdempotencyKey
from umt.api.graphql.request import Info
from umt.api.graphql.scalars import TimeZone
from umt.api.graphql.types.session import Session
from umt.api.idempotency import checked_key


@strawberry.input(description="What `register` takes.")
class RegisterInput:
    email: str = strawberry.field(description="The person's e-mail address.")
    password: str = strawberry.field(description="10 to 200 characters.")
    name: str = strawberry.field(description="The person's name.")
    company: str = strawberry.field(description="The company's name: the workspace's.")
    time_zone: TimeZone = strawberry.field(description="IANA name, like Europe/Berlin.", default="UTC")
    cookies: bool = strawberry.field(
        description="Whether the session is given by cookies instead of tokens.", default=False
    )


@mutation("Make an account and the workspace of its company; the person is its owner.")
async def register(
    info: Info,
    input: Annotated[RegisterInput, strawberry.argument(description="Who registers.")],
    idempotency_key: IdempotencyKey = None,
) -> Session | None:
    granted = await info.context.signing_in.register(
        email=input.email,
        password=input.password,
        name=input.name,
        company=input.company,
        time_zone=input.time_zone,
        idempotency_key=checked_key(idempotency_key),
        cookies=input.cookies,
    )
    return Session.of(granted, info.context)
