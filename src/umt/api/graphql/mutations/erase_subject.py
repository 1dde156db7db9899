"""`eraseSubject`."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import Answer, Payload
from umt.api.graphql.request import Request
from umt.api.graphql.types.privacy import Erasure
from umt.application.commands.privacy import EraseSubject
from umt.application.dispatch import Command
from umt.application.transaction import Context
from umt.domain.errors import NotFound, NotReady


@strawberry.input(description="What `eraseSubject` takes.")
class EraseSubjectInput:
    user: UUID = strawberry.field(description="The person: a user of the workspace, a member or not any more.")


@strawberry.type
class ErasurePayload(Payload):
    erasure: Erasure | None = strawberry.field(
        description="The erasure as it stands, the earlier one of a person who was erased already; `erasures` tells when"
        " it is complete. Null if it was refused.",
        default=None,
    )


async def _erase(request: Request, _: type[Command], given: dict[str, Any], context: Context) -> Answer:
    done = await asyncio.to_thread(request.services.erasing.erase, given["user"], context)
    request.forget()
    return Answer({"erasure": Erasure.of(done.erasure)}, done.outcome)


erase_subject = changes(
    EraseSubject,
    EraseSubjectInput,
    ErasurePayload,
    NotFound,
    NotReady,
    act=_erase,
    description="Erase a person for good: nobody reads their name and address any more, in whatever event they are. Their"
    " sessions, API keys and open invitations end, and they are no member any more. It cannot be taken back.",
)
