"""`endSession`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.fields import mutation
from umt.api.graphql.request import Info
from umt.api.graphql.types.session import LoggedOut


@strawberry.input(description="What `endSession` takes.")
class EndSessionInput:
    session: UUID = strawberry.field(description="One of the caller's sessions.")


@mutation("End another session of the caller's account.")
async def end_session(
    info: Info, input: Annotated[EndSessionInput, strawberry.argument(description="Which.")]
) -> LoggedOut | None:
    await info.context.services.identity.end_session(await info.context.caller(), input.session)
    return LoggedOut(sessions=1)
