"""A command as a request: who sends it, under which key, expecting which version; and what is told of its outcome."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Header
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from umt.api import positions
from umt.api.credentials import caller_of
from umt.api.errors import PreconditionFailed
from umt.api.graphql.seen import Seen
from umt.api.idempotency import checked_key
from umt.api.rest.conditions import NO_VERSION, Condition, condition, etag
from umt.api.services import Services
from umt.application.dispatch import Command
from umt.application.permissions import Permission
from umt.application.transaction import Context, Outcome
from umt.domain.campaign import Campaign
from umt.domain.errors import NotFound, VersionConflict

POSITION: Final = "UMT-Position"
REPLAYED: Final = "Idempotent-Replayed"
KEY: Final = "Idempotency-Key"
IF_MATCH: Final = "If-Match"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=KEY,
        description="A key of the caller's own, 1 to 200 printable characters. Sent again with the same request it answers"
        " again and does nothing more; with another request it is a CONFLICT.",
        examples=["5f8b2c1e-campaign"],
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias=IF_MATCH,
        description="The `ETag` that the caller last saw; if it is another one by now, nothing is done (412).",
        examples=['"v12"'],
    ),
]


async def caller(request: Request) -> Context:
    """On whose behalf the request is made; asked before anything that it says is looked at."""
    return await caller_of(request, request.app.state.services)


Caller = Annotated[Context, Depends(caller)]


class Changing:
    """What is asked of one request that changes something."""

    def __init__(
        self, request: Request, response: Response, caller: Caller, idempotency_key: IdempotencyKey = None
    ) -> None:
        self._services: Services = request.app.state.services
        self._request, self._response, self._caller = request, response, caller
        self._key = checked_key(idempotency_key, KEY)
        self._expected: Condition | None = None

    async def carry_out(self, command: Command) -> Outcome:
        """Do it once; PreconditionFailed if the thing is at another version than one that is expected."""
        expected = await self._version(command.permission)
        context = replace(self._caller, command_id=self._key, expected_version=expected)
        try:
            outcome = await asyncio.wrap_future(self._services.dispatcher.submit(command, context))
        except VersionConflict as conflict:
            if expected is None:
                raise
            raise PreconditionFailed(conflict.actual) from conflict
        self._response.headers[POSITION] = positions.encode(outcome.position)
        if outcome.repeated:
            self._response.headers[REPLAYED] = "true"
        return outcome

    async def campaign(self, command: Command) -> Seen[Campaign]:
        """Change a campaign, or make one; what the command left."""
        outcome = await self.carry_out(command)
        assert outcome.subject
        left = await self._services.queries.left(
            self._caller, command.permission, Campaign, outcome.subject, outcome.position
        )
        if left is None:
            raise NotFound(Campaign.kind, outcome.subject)
        self._response.headers["ETag"] = etag(left.version)
        self._response.headers["Content-Location"] = f"/api/v1/campaigns/{outcome.subject}"
        return Seen(outcome.subject, left.state, left.version, left.position, *left.times)

    async def _version(self, permission: Permission) -> int | None:
        """The version that the campaign of the address must have. Of several that will do it is the present one."""
        if self._expected is None or self._expected.any:
            return None
        wanted = self._expected.strong
        if len(wanted) > 1:
            identifier = UUID(self._request.path_params["campaign"])
            left = await self._services.queries.left(self._caller, permission, Campaign, identifier)
            if left and left.version in wanted:
                return left.version
        return next(iter(wanted), NO_VERSION)


class ChangingOne(Changing):
    """The same where something that is there changes, which may be expected to be at a version."""

    def __init__(
        self,
        request: Request,
        response: Response,
        caller: Caller,
        idempotency_key: IdempotencyKey = None,
        if_match: IfMatch = None,
    ) -> None:
        super().__init__(request, response, caller, idempotency_key)
        if if_match is not None:
            self._expected = condition(request.headers.getlist(IF_MATCH), IF_MATCH)
