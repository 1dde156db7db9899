"""One GraphQL request: on whose behalf it is made, and what it has looked up already."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import strawberry
from starlette.requests import HTTPConnection

from umt.api import positions
from umt.api.credentials import Sender, caller_of
from umt.api.graphql.loaders import Loaders
from umt.api.graphql.past import Past
from umt.api.services import Services
from umt.api.signing_in import SigningIn
from umt.application.transaction import Context
from umt.domain.errors import InvalidValue

LAST_EVENT: Final = "last-event-id"
MOST_PAGES: Final = 200
"""Most pages that one request may read, those of lists in lists included."""


class Request:
    """What every resolver is given as ``info.context``."""

    def __init__(self, services: Services, http: HTTPConnection) -> None:
        self.services, self._http = services, http
        self.cookies: list[str] = []
        """The Set-Cookie headers that go with the answer."""
        self._caller: asyncio.Future[Context] | None = None
        self._counted = False
        self.loaders = Loaders(self)
        self._pages = 0
        self.past = Past(self)
        self.at_least: int | None = None
        """The position that all read models must show that are read from now on; None: as they are."""
        self.born: dict[UUID, datetime] = {}
        """When the things were set up that a subscription tells of."""
        self.told: str | None = None
        """The position up to which a subscription has told: where it can be resumed."""

    async def caller(self) -> Context:
        """Who speaks, asked once; Unauthenticated without a valid token."""
        if self._caller is None:
            self._caller = asyncio.ensure_future(self._authenticate())
        return await asyncio.shield(self._caller)

    async def caller_now(self) -> Context:
        """Who speaks by now, for a subscription: its credential is asked again, and nothing that was looked up counts."""
        self._caller = None
        self.begin_anew()
        return await self.caller()

    def begin_anew(self) -> None:
        """Another answer of a subscription begins."""
        self.loaders, self.past, self._pages = Loaders(self), Past(self), 0

    def resumed_after(self, after: str | None) -> str | None:
        """Where a subscription goes on: behind the last event that a browser's EventSource was told of, else ``after``."""
        return self._http.headers.get(LAST_EVENT) or after

    @property
    def signing_in(self) -> SigningIn:
        """What who sends the request may do about sessions; there is no answer to a WebSocket's messages that could carry
        cookies."""
        if self._http.scope["type"] == "websocket":
            raise InvalidValue("input", "sessions begin and end over HTTP, not on a WebSocket")
        return SigningIn(self.services, Sender.of(self._http, self.services))

    def wants(self, at_least: str | None) -> int | None:
        """The position that an ``atLeast`` stands for. What is read below that field must show it too."""
        if at_least is None:
            return None
        position = positions.decode(at_least, "atLeast")
        self.at_least = max(position, self.at_least or 0)
        return position

    def charge(self, pages: int = 1) -> None:
        """Count a read that a caller can ask for many times in one document."""
        self._pages += pages
        if self._pages > MOST_PAGES:
            raise InvalidValue("first", f"the request reads more than {MOST_PAGES} pages; ask for fewer at a time")

    def forget(self) -> None:
        """What was looked up may have changed: a command was carried out."""
        self.loaders = Loaders(self)

    async def _authenticate(self) -> Context:
        counted, self._counted = not self._counted, True
        return await caller_of(self._http, self.services, counted=counted)


if TYPE_CHECKING:
    Info = strawberry.Info[Request, None]
else:
    Info = strawberry.Info
