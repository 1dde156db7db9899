"""Faults on demand: what a network and a busy platform do to a client, by rule.

A rule applies to the calls it matches (platform, substring of the path, method), to every `every`-th of them, `times`
times (for ever when None). The first rule that fires wins. Rules live in memory; a restart begins with its profile.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

Kind = Literal["error", "rate_limit", "timeout", "slow", "drop_after", "late_after", "reset"]


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    """`error`: the platform's 5xx (`status`). `rate_limit`: its own form of "too many calls".
    `timeout`: no work, silence for `seconds`, then the connection ends. `slow`: `seconds` late, then as usual.
    `drop_after`: the work is done and the answer lost. `late_after`: the work is done at once and the answer `seconds` late.
    `reset`: the connection is reset before any work.
    """

    kind: Kind
    platform: str = ""
    match: str = ""
    method: str = ""
    times: int | None = None
    every: int = 1
    status: int = 503
    seconds: float = 1.0
    seen: int = 0

    def __post_init__(self) -> None:
        if self.every < 1 or (self.times is not None and self.times < 0):
            raise ValueError("every must be at least 1 and times at least 0")
        if not 400 <= self.status <= 599:
            raise ValueError("status must be an HTTP error status, 400 to 599")
        if not 0 <= self.seconds <= 120:
            raise ValueError("seconds must be between 0 and 120")

    def fires(self, platform: str, method: str, path: str) -> bool:
        if self.times == 0 or (self.platform and self.platform != platform):
            return False
        if (self.method and self.method.upper() != method) or self.match not in path:
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /_sandbox/faults: a profile's name, or rules."""

    profile: str | None = None
    rules: list[Rule] | None = None


PROFILES: dict[str, tuple[Rule, ...]] = {
    "none": (),
    "flaky": (
        Rule(kind="error", every=7, status=503),
        Rule(kind="rate_limit", every=11),
        Rule(kind="slow", every=13, seconds=0.3),
        Rule(kind="reset", every=17),
        Rule(kind="drop_after", every=9, method="POST"),
    ),
    "outage": (Rule(kind="error", status=503),),
    "lost_answers": (Rule(kind="drop_after", every=2, method="POST"),),
}


class UnknownProfile(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"no fault profile {name!r}: there are {', '.join(PROFILES)}")


class Faults:
    """The rules in force."""

    def __init__(self, profile: str = "none") -> None:
        self.rules: list[Rule] = []
        self.use(profile)

    def use(self, profile: str) -> None:
        if profile not in PROFILES:
            raise UnknownProfile(profile)
        self.replace(PROFILES[profile])

    def replace(self, rules: Iterable[Rule]) -> None:
        self.rules = [msgspec.structs.replace(rule, seen=0) for rule in rules]

    def draw(self, platform: str, method: str, path: str) -> Rule | None:
        """The rule that strikes this call, if any."""
        return next((rule for rule in self.rules if rule.fires(platform, method, path)), None)
