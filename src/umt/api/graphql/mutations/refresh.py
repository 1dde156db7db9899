"""`refresh`."""

from __future__ import annotations

from typing import Annotated

import strawberry

from umt.api.graphql.fields import mutation
from umt.api.graphql.request import Info
from umt.api.graphql.types.session import Session


@strawberry.input(description="What `refresh` takes.")
class RefreshInput:
    refresh_token: str | None = strawberry.field(
        description="The latest refresh token; without it that of the cookie.", default=None
    )


@mutation(
    "Stay signed in: the next pair of tokens for a refresh token, which is used up; using it again ends the session."
)
async def refresh(
    info: Info, input: Annotated[RefreshInput, strawberry.argument(description="Who stays signed in.")]
) -> Session | None:
    return Session.of(await info.context.signing_in.refresh(input.refresh_token), info.context)
