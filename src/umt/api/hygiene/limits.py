"""How many requests a caller may make: by address before anything else, by user or API key once it is known.

Every answer says where the caller stands with the tightest of its limits, in the fields that are in use
(``RateLimit-Limit``, ``-Remaining``, ``-Reset``) and in those of draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

import math
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from umt.api.errors import problem
from umt.api.hygiene.refusal import Header, refuse
from umt.application.errors import Throttled
from umt.application.rate_limits import WINDOW_SECONDS, RateLimits, Standing
from umt.application.security_events import SecurityEvent, SecurityEventKind, SecurityLog
from umt.application.transaction import Context

PROBES: Final = frozenset({"/livez", "/readyz", "/health", "/metrics", "/.well-known/jwks.json"})
"""What monitors ask often. It is counted apart, so that they and callers do not take it from each other."""

_COUNT: Final = "umt.count"


class Limits:
    """Counts each request on its address and refuses those above the limit; `admit` counts it on its user or key."""

    def __init__(self, app: ASGIApp, limits: RateLimits, security_log: SecurityLog) -> None:
        self._app, self._limits, self._log = app, limits, security_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        count = scope[_COUNT] = _Count(scope, self._limits, self._log)

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *count.headers()]
            await send(message)

        try:
            await count.on_address()
        except Throttled as error:
            said = problem(error)
            retry = str(said["extensions"]["retryAfter"]).encode()
            await refuse(scope, say, 429, said, [(b"retry-after", retry)])
        else:
            await self._app(scope, receive, say)


async def admit(scope: Scope, context: Context) -> None:
    """Count a request on the user or the API key that it was found to speak for; Throttled when they made too many.

    To be called wherever a credential is accepted, before anything is done for it.
    """
    count: _Count | None = scope.get(_COUNT)
    if count:
        await count.on_actor(context)


async def count_on_address(scope: Scope, limits: RateLimits | None, security_log: SecurityLog) -> None:
    """Count what comes on a WebSocket, whose handshake and operations are requests like others; Throttled when too many
    come from its address."""
    if limits:
        count = scope[_COUNT] = _Count(scope, limits, security_log)
        await count.on_address()


class _Count:
    """The limits that one request was counted on."""

    def __init__(self, scope: Scope, limits: RateLimits, security_log: SecurityLog) -> None:
        self._limits, self._log = limits, security_log
        self._path: str = scope["path"]
        self._address: str = scope["client"][0] if scope.get("client") else "local"
        self._standings: list[Standing] = []

    async def on_address(self) -> None:
        of = self._limits.of_probe if self._path in PROBES else self._limits.of_address
        self._take(await of(self._address), None)

    async def on_actor(self, context: Context) -> None:
        self._take(await self._limits.of_actor(str(context.actor)), context)

    def headers(self) -> list[Header]:
        if not self._standings:
            return []
        tightest = min(self._standings, key=lambda standing: (standing.allowed, standing.remaining, -standing.reset))
        limit, remaining, reset = tightest.quota, tightest.remaining, math.ceil(tightest.reset)
        name = f'"{tightest.policy}"'
        said = {
            "ratelimit-limit": f"{limit}",
            "ratelimit-remaining": f"{remaining}",
            "ratelimit-reset": f"{reset}",
            "ratelimit-policy": f"{name};q={limit};w={WINDOW_SECONDS}",
            "ratelimit": f"{name};r={remaining};t={reset}",
        }
        return [(key.encode(), value.encode()) for key, value in said.items()]

    def _take(self, standing: Standing, context: Context | None) -> None:
        self._standings.append(standing)
        if standing.allowed:
            return
        self._log.record(
            SecurityEvent(
                kind=SecurityEventKind.RATE_LIMITED,
                workspace=context.workspace if context else None,
                actor=str(context.actor) if context else None,
                address=self._address,
                detail=standing.policy,
            )
        )
        seconds = max(1, math.ceil(standing.reset + 0.001))
        raise Throttled(
            f"More than {standing.quota} requests came {'from you' if context else 'from your address'} within a minute;"
            f" go on in {seconds} s.",
            seconds,
        )
