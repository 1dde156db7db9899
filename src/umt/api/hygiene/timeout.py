"""A request that takes too long is given up, and its work with it."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from umt.api.errors import UNAVAILABLE, told
from umt.api.hygiene.refusal import refuse

RETRY_AFTER: Final = 1
"""Seconds after which a caller may ask again."""


class Timeout:
    """Ends the wait for an answer with 503 and cancels what was doing it.

    The time ends with the beginning of the answer: a stream of events goes on as long as it is read. A command that is
    being written when the time is over is written all the same; its idempotency key tells.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def in_time(message: Message) -> None:
            nonlocal begun
            if not (begun or patience.expired()):
                patience.reschedule(None)
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(self._seconds) as patience:
                await self._app(scope, receive, in_time)
        except TimeoutError:
            if begun or not patience.expired():
                raise
            said = told(f"The request took more than {self._seconds:g} seconds; ask for less at a time.", UNAVAILABLE)
            await refuse(scope, send, 503, said, [(b"retry-after", str(RETRY_AFTER).encode())])
