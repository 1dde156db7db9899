"""`login`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.fields import mutation
from umt.api.graphql.request import Info
from umt.api.graphql.types.session import Session


@strawberry.input(description="What `login` takes.")
class LoginInput:
    email: str = strawberry.field(description="The account's e-mail address.")
    password: str = strawberry.field(description="The account's password.")
    workspace: UUID | None = strawberry.field(
        description="The workspace to sign in to; without it the account's first.", default=None
    )
    cookies: bool = strawberry.field(
        description="Whether the session is given by cookies instead of tokens.", default=False
    )


@mutation("Sign in to an account: a new session.")
async def login(
    info: Info, input: Annotated[LoginInput, strawberry.argument(description="Who signs in.")]
) -> Session | None:
    granted = await info.context.signing_in.login(
        email=input.email, password=input.password, workspace=input.workspace, cookies=input.cookies
    )
    return Session.of(granted, info.context)
