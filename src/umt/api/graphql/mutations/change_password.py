"""`changePassword`."""

from __future__ import annotations

from typing import Annotated

import strawberry

from umt.api.graphql.fields import mutation
from umt.api.graphql.request import Info
from umt.api.graphql.types.session import Session


@strawberry.input(description="What `changePassword` takes.")
class ChangePasswordInput:
    current: str = strawberry.field(description="The password until now.")
    new: str = strawberry.field(description="10 to 200 characters.")


@mutation("Set another password. All sessions of the account end; the answer is a fresh one.")
async def change_password(
    info: Info, input: Annotated[ChangePasswordInput, strawberry.argument(description="The passwords.")]
) -> Session | None:
    request = info.context
    granted = await request.signing_in.change_password(await request.caller(), input.current, input.new)
    return Session.of(granted, request)
