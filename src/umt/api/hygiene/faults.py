"""What nobody caught is a fault of ours: told by its reference, whatever it was."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from umt.api.errors import STATUS, problem
from umt.api.hygiene.refusal import refuse
from umt.application.errors import Unavailable

_GIVEN_UP: Final = "The work on this request was given up; try again in a moment."


class Faults:
    """The outermost net. An answer that was begun already cannot be taken back, so its connection is cut by the server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = ended = False

        async def watched(message: Message) -> None:
            nonlocal begun, ended
            begun = True
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except (Exception, asyncio.CancelledError) as error:
            if ended:
                return  # told and logged where it was answered
            if begun or _is_ended():
                raise
            said = problem(error if isinstance(error, Exception) else Unavailable(_GIVEN_UP))
            await refuse(scope, send, STATUS[said["extensions"]["code"]], said)


def _is_ended() -> bool:
    """Whether the server ends the request itself; else it was some work of the request that was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
