"""What is supposed to have been set otherwise: guardrails, and parts of the agents' policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from umt.domain.agent_policy import RANGES, AgentPolicy
from umt.domain.errors import InvalidValue
from umt.domain.event import Aggregate
from umt.domain.money import Money, decimal_from

A = TypeVar("A", bound=Aggregate)

NONE: Final = "none"
"""As a threshold: nothing waits for a person."""


class Supposed(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that count from the branch on, whatever history says of them; None leaves history's."""

    guardrails: dict[str, Decimal] = {}
    dry_run: bool | None = None
    thresholds: tuple[Money, ...] | None = None
    approval_hours: int | None = None

    def on(self, kind: type[A], state: A | None, *, of_workspace: bool) -> A | None:
        """The state as it is supposed to be. A workspace's policy and a campaign's are both changed, since of both the
        stricter holds; a campaign without one of its own gets none."""
        if kind is not AgentPolicy or (state is None and not of_workspace) or self == Supposed():
            return state
        policy = state if isinstance(state, AgentPolicy) else AgentPolicy()
        changed: Any = replace(
            policy,
            guardrails={**policy.guardrails, **self.guardrails},
            dry_run=policy.dry_run if self.dry_run is None else self.dry_run,
            thresholds=policy.thresholds if self.thresholds is None else self.thresholds,
            approval_hours=policy.approval_hours if self.approval_hours is None else self.approval_hours,
        )
        return changed  # type: ignore[no-any-return]


def supposed(given: Iterable[str]) -> Supposed:
    """From texts like ``guardrail.cooldown_days=3``. Raises InvalidValue, saying what is allowed."""
    values: dict[str, Any] = {}
    guardrails: dict[str, Decimal] = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign:
            raise InvalidValue(each, "write it as NAME=VALUE, like guardrail.cooldown_days=3")
        if name in values or name.removeprefix("guardrail.") in guardrails:
            raise InvalidValue(name, "is set twice")
        if name.startswith("guardrail."):
            guardrails[name.removeprefix("guardrail.")] = _limit(name, value)
        elif name in _POLICY:
            field, read = _POLICY[name]
            values[field] = read(name, value)
        else:
            known = ", ".join((*(f"guardrail.{n}" for n in RANGES), *_POLICY))
            raise InvalidValue(name, f"there is no such setting; there are {known}")
    return Supposed(guardrails=guardrails, **values)


def _limit(name: str, given: str) -> Decimal:
    of = RANGES.get(name.removeprefix("guardrail."))
    if of is None:
        raise InvalidValue(name, f"there is no such guardrail; there are {', '.join(RANGES)}")
    value = decimal_from(given, name)
    if not of.lowest <= value <= of.highest:
        raise InvalidValue(name, f"must be between {of.lowest} and {of.highest} {of.unit}, not {given}")
    if of.whole and value != int(value):
        raise InvalidValue(name, f"must be a whole number of {of.unit}, not {given}")
    return value


def _yes_or_no(name: str, given: str) -> bool:
    if given not in ("true", "false"):
        raise InvalidValue(name, f"must be true or false, not {given}")
    return given == "true"


def _amounts(name: str, given: str) -> tuple[Money, ...]:
    if given == NONE:
        return ()
    amount = Money.parse(given).quantised()
    if amount.amount < 0:
        raise InvalidValue(name, f"must not be below zero; {NONE!r} lifts it")
    return (amount,)


def _hours(name: str, given: str) -> int:
    if not given.isdecimal() or not 1 <= int(given) <= 720:
        raise InvalidValue(name, f"must be a whole number of hours between 1 and 720, not {given}")
    return int(given)


_POLICY: Final[dict[str, tuple[str, Callable[[str, str], Any]]]] = {
    "policy.dry_run": ("dry_run", _yes_or_no),
    "policy.threshold": ("thresholds", _amounts),
    "policy.approval_hours": ("approval_hours", _hours),
}
