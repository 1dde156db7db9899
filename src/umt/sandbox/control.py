"""`/_sandbox/...`: the strings behind the scene, part of no platform: clock, faults, accounts, ledger, health."""

import re
from datetime import timedelta
from typing import Any

import msgspec

from umt.sandbox.clock import Clock, ClockRefused, iso, parse_instant
from umt.sandbox.delivery import Delivery
from umt.sandbox.faults import PROFILES, Asked, Faults, UnknownProfile
from umt.sandbox.ledger import Ledger
from umt.sandbox.store import Store
from umt.sandbox.wire import Call, Json, Refusal, Reply, Route

PREFIX = "/_sandbox"
MOST_WAIT_SECONDS = 30.0
FILTERS = ("kind", "platform", "account", "action", "reference")


def refuse(status: int, message: str) -> Refusal:
    return Refusal(Reply(status, {"error": message}))


class Control:
    """Not a platform: no faults strike here and nothing is entered in the ledger."""

    name = "_sandbox"

    def __init__(
        self, store: Store, clock: Clock, delivery: Delivery, ledger: Ledger, faults: Faults, seed: int,
        platforms: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.store, self.clock, self.delivery, self.ledger = store, clock, delivery, ledger
        self.faults, self.seed, self.platforms = faults, seed, platforms
        self.routes = [
            Route("GET", PREFIX + "/health", self.health),
            Route("GET", PREFIX + "/clock", self.read_clock),
            Route("POST", PREFIX + "/clock", self.set_clock),
            Route("GET", PREFIX + "/faults", self.read_faults),
            Route("POST", PREFIX + "/faults", self.set_faults),
            Route("GET", PREFIX + "/accounts", self.read_accounts),
            Route("POST", PREFIX + "/accounts", self.open_account),
            Route("GET", PREFIX + "/ledger", self.read_ledger),
            Route("GET", PREFIX + "/ledger/duplicates", self.read_duplicates),
        ]

    def owns(self, path: str) -> bool:
        return path == PREFIX or path.startswith(PREFIX + "/")

    def unknown(self, call: Call) -> Reply:
        return Reply(404, {"error": f"nothing answers {call.method} {call.path[:200]}"})

    def rate_limited(self, call: Call) -> Reply:
        raise NotImplementedError("no faults strike the control endpoints")

    def unavailable(self, call: Call, status: int) -> Reply:
        return Reply(status, {"error": "the sandbox failed; its standard error says why"})

    def finish(self, call: Call, reply: Reply) -> None:
        pass

    def health(self, call: Call) -> Reply:
        return Reply(200, {"status": "ok", "now": iso(self.clock.now), "seed": self.seed, "platforms": self.platforms})

    def read_clock(self, call: Call) -> Reply:
        """The time; `after` and `wait` are the application's, which holds the call before it comes here."""
        try:
            parse_instant(call.query.get("after", "2026-01-01").replace(" ", "+"))
            float(call.query.get("wait", "0"))
        except ValueError:
            raise refuse(422, "after must be an ISO 8601 moment and wait a number of seconds") from None
        return Reply(200, {"now": iso(self.clock.now)})

    def set_clock(self, call: Call) -> Reply:
        body = self._object(call)
        seconds, to = body.get("advance_seconds"), body.get("advance_to")
        if (seconds is None) == (to is None):
            raise refuse(422, "give either advance_seconds (a number) or advance_to (an ISO 8601 moment)")
        try:
            if to is not None:
                moment = parse_instant(str(to))
            elif isinstance(seconds, (int, float)) and not isinstance(seconds, bool):
                moment = self.clock.now + timedelta(seconds=seconds)
            else:
                raise ValueError("advance_seconds must be a number")
        except (ValueError, OverflowError) as problem:
            raise refuse(422, str(problem)) from None
        before = self.clock.now
        try:
            self.delivery.advance(moment)
        except ClockRefused as problem:
            raise refuse(409, str(problem)) from None
        except BaseException:
            self.clock.now = before
            raise
        return Reply(200, {"now": iso(self.clock.now)})

    def read_faults(self, call: Call) -> Reply:
        return Reply(200, {"profiles": list(PROFILES), "rules": self.faults.rules})

    def set_faults(self, call: Call) -> Reply:
        try:
            asked = msgspec.json.decode(call.body, type=Asked)
            if (asked.profile is None) == (asked.rules is None):
                raise ValueError("give either profile or rules")
            if asked.profile is not None:
                self.faults.use(asked.profile)
            else:
                self.faults.replace(asked.rules or [])
        except (ValueError, UnknownProfile, RecursionError) as problem:
            raise refuse(422, str(problem)) from None
        return Reply(200, {"rules": self.faults.rules})

    def read_accounts(self, call: Call) -> Reply:
        names = ("platform", "account", "currency")
        return Reply(200, {"accounts": [dict(zip(names, row, strict=True)) for row in self.store.accounts()]})

    def open_account(self, call: Call) -> Reply:
        """Set an account's currency, as long as it has nothing yet."""
        body = self._object(call)
        platform, account, currency = (str(body.get(name, "")) for name in ("platform", "account", "currency"))
        if platform not in self.platforms:
            raise refuse(422, f"platform must be one of {', '.join(self.platforms)}")
        if platform != "wordpress":
            account = account.removeprefix("act_")
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", account) or not re.fullmatch(r"[A-Z]{3}", currency):
            raise refuse(422, "account must be an id and currency three capital letters")
        rows = self.store.db.execute(
            "SELECT 1 FROM node WHERE platform = ? AND account = ? LIMIT 1", (platform, account)
        )
        known = {(p, a): c for p, a, c in self.store.accounts(platform)}.get((platform, account))
        if known not in (None, currency) and rows.fetchone():
            raise refuse(409, f"the account {account} holds objects in {known} already")
        self.store.open_account(platform, account, currency)
        return Reply(200, {"platform": platform, "account": account, "currency": currency})

    def read_ledger(self, call: Call) -> Reply:
        query = call.query
        numbers = {}
        for name, default in (("since", 0), ("limit", 100)):
            text = query.get(name, str(default))
            if not re.fullmatch(r"\d{1,15}", text, re.ASCII):
                raise refuse(422, f"{name} must be a whole number")
            numbers[name] = int(text)
        filters = {name: query[name] for name in FILTERS if query.get(name)}
        return Reply(200, self.ledger.page(filters, numbers["since"], min(max(1, numbers["limit"]), 1000)))

    def read_duplicates(self, call: Call) -> Reply:
        return Reply(200, self.ledger.duplicates())

    def _object(self, call: Call) -> Json:
        try:
            body: Any = call.json()
        except ValueError as problem:
            raise refuse(422, f"the body is not JSON: {problem}") from None
        if not isinstance(body, dict):
            raise refuse(422, "the body must be a JSON object")
        return body
