"""The sandbox as an ASGI application: finds the platform of a call, lets faults strike, and answers.

Everything runs on one event loop, one call at a time, each in one transaction that is committed before the answer.
"""

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, TypeAlias

from umt.sandbox.clock import Clock, iso, parse_instant
from umt.sandbox.control import MOST_WAIT_SECONDS, PREFIX, Control
from umt.sandbox.delivery import Delivery
from umt.sandbox.faults import Faults
from umt.sandbox.google_ads import GoogleAds
from umt.sandbox.ledger import Ledger
from umt.sandbox.linkedin import LinkedIn
from umt.sandbox.market import Market
from umt.sandbox.meta import Meta
from umt.sandbox.store import Store
from umt.sandbox.wire import Call, Platform, Refusal, Reply, dispatch, route
from umt.sandbox.wordpress import WordPress

DEFAULT_SEED = 0
MOST_BYTES = 8 * 1024 * 1024

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


class SeedConflict(ValueError):
    """The state belongs to another seed."""


class Sandbox:
    """The outside: four platforms, one clock, one ledger, one state."""

    def __init__(self, state: Path | None = None, seed: int | None = None, faults: str = "none") -> None:
        self.store = Store(state)
        with self.store.transaction():
            kept = self.store.setting("seed")
            if kept is not None and seed is not None and int(kept) != seed:
                raise SeedConflict(f"{state} was begun with --seed {kept}; use that seed or another --state file")
            self.seed = int(kept) if kept is not None else DEFAULT_SEED if seed is None else seed
            self.store.set_setting("seed", str(self.seed))
        self.clock = Clock(self.store)
        self.ledger = Ledger(self.store)
        self.faults = Faults(faults)
        delivery = Delivery(self.store, self.clock, Market(self.seed))
        world = (
            Meta(self.store, self.clock, delivery),
            GoogleAds(self.store, self.clock, delivery),
            LinkedIn(self.store, self.clock, delivery),
            WordPress(self.store, self.clock),
        )
        names = tuple(platform.name for platform in world)
        control = Control(self.store, self.clock, delivery, self.ledger, self.faults, self.seed, names)
        self.control: Platform = control
        self.platforms: tuple[Platform, ...] = (control, *world)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _read(receive)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        base = f"http://{headers.get('host', '127.0.0.1')}"
        path = scope["path"]
        call = Call(scope["method"], path, scope["query_string"].decode("latin-1"), headers, body or b"", base)
        platform = next((p for p in self.platforms if p.owns(path)), self.platforms[-1])
        if body is None:
            await _send(send, call, Reply(413, {"error": "the body is too large"}))
        elif platform is self.control:
            await _wait(self.clock, call)
            await _send(send, call, self.answer(platform, call))
        else:
            await self._serve(platform, call, send)

    async def _serve(self, platform: Platform, call: Call, send: Send) -> None:
        """A platform's answer, or what a fault makes of it."""
        route(platform, call)
        rule = self.faults.draw(platform.name, call.method, call.path)
        if rule is None:
            await _send(send, call, self.answer(platform, call))
        elif rule.kind == "slow":
            await asyncio.sleep(rule.seconds)
            await _send(send, call, self.answer(platform, call, rule.kind))
        elif rule.kind == "late_after":
            reply = self.answer(platform, call, rule.kind)
            await asyncio.sleep(rule.seconds)
            await _send(send, call, reply)
        elif rule.kind == "drop_after":
            self.answer(platform, call, rule.kind)
            await _hang_up(send)
        elif rule.kind in ("error", "rate_limit"):
            limited = rule.kind == "rate_limit"
            reply = platform.rate_limited(call) if limited else platform.unavailable(call, rule.status)
            self._refuse(platform, call, reply.status, rule.kind)
            platform.finish(call, reply)
            await _send(send, call, reply)
        else:
            self._refuse(platform, call, 0, rule.kind)
            await asyncio.sleep(rule.seconds if rule.kind == "timeout" else 0)
            await _hang_up(send)

    def answer(self, platform: Platform, call: Call, fault: str = "") -> Reply:
        """Do what is asked in one transaction, and enter it in the ledger."""
        try:
            with self.store.transaction():
                reply = dispatch(platform, call)
                self.ledger.changes(platform.name, call, iso(self.clock.now), reply.status, fault)
        except Refusal as refusal:
            reply = refusal.reply
        except Exception:
            traceback.print_exc(file=sys.stderr)
            reply = platform.unavailable(call, 500)
        if platform is self.control:
            self.clock.announce()
            return reply
        if reply.status >= 400:
            self._refuse(platform, call, reply.status, fault)
        platform.finish(call, reply)
        return reply

    def _refuse(self, platform: Platform, call: Call, status: int, fault: str) -> None:
        with self.store.transaction():
            self.ledger.refused(platform.name, call, iso(self.clock.now), status, fault)


async def _read(receive: Receive) -> bytes | None:
    """The body, or None when it is too large."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BYTES:
            return None
    return body


async def _wait(clock: Clock, call: Call) -> None:
    """GET /_sandbox/clock?after=<moment>&wait=<seconds>: hold the call until time has passed `after`."""
    if call.path != PREFIX + "/clock" or call.method != "GET" or "after" not in call.query:
        return
    try:
        seconds = float(call.query.get("wait", "0"))
        after = parse_instant(call.query["after"].replace(" ", "+"))
    except ValueError:
        return
    if 0 < seconds <= 1e9:
        await clock.wait_until_after(after, min(seconds, MOST_WAIT_SECONDS))


async def _send(send: Send, call: Call, reply: Reply) -> None:
    content = reply.content()
    headers = {"content-length": str(len(content))} | {name.lower(): value for name, value in reply.headers.items()}
    if reply.body is not None:
        headers["content-type"] = reply.content_type
    if reply.status == 204:
        del headers["content-length"]
    encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if call.method == "HEAD" else content})


async def _hang_up(send: Send) -> None:
    """Abort the connection without an answer. ASGI has no word for it, so this reaches for uvicorn's transport."""
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is not None:
        transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
