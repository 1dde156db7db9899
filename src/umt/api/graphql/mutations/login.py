"""`login`."""

from __future__ import annotations

from typing import Annotated

import strawberry

from umt.api.graphql.fields import mutation
from umt.api.graphql.request import Info
from umt.api.graphql.types.session import Session


@strawberry.input(description="What `login` takes.")
class LoginInput:
    email: str = strawberry.field(description="The account's e-mail address.")
    password: str = strawberry.field(description="The account's password.")


@mutation("Sign in to an account: a new token.")
async def login(info: Info, input: Annotated[LoginInput, strawberry.argument(description="Who signs in.")]) -> Session:
    return Session.of(await info.context.services.identity.login(email=input.email, password=input.password))
