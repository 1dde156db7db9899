"""`logout`."""

from __future__ import annotations

from typing import Annotated

import strawberry

from umt.api.graphql.fields import mutation
from umt.api.graphql.request import Info
from umt.api.graphql.types.session import LoggedOut
from umt.application.errors import Unauthenticated


@strawberry.input(description="What `logout` takes.")
class LogoutInput:
    everywhere: bool = strawberry.field(
        description="Whether all sessions of the account end, not only this one.", default=False
    )
    refresh_token: str | None = strawberry.field(
        description="The latest refresh token, if the access token has expired; else it is not needed.", default=None
    )


@mutation("Sign out, here or everywhere; the tokens of what has ended are refused from now on.")
async def logout(
    info: Info, input: Annotated[LogoutInput, strawberry.argument(description="Who signs out.")]
) -> LoggedOut | None:
    request = info.context
    try:
        context = await request.caller()
    except Unauthenticated:
        context = None
    ended, cookies = await request.signing_in.logout(context, input.refresh_token, everywhere=input.everywhere)
    request.cookies.extend(cookies)
    return LoggedOut(sessions=ended)
