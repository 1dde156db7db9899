"""What is kept for a time only: one table of classes of data, with why and for how long.

The log is in no class. It is the record of what was decided, by whom and why, and everything else is folded from it; it
is never rewritten. What it holds about people is sealed under their own keys, and erasing a person destroys the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec


class RetentionError(Exception):
    """The retention policy that was set cannot be followed; says which class and why."""


class DataClass(msgspec.Struct, frozen=True):
    """Data of one kind: what it is, in which tables, how many days it is kept, from when, and why that long."""

    name: str
    what: str
    where: str
    days: int
    since: str
    basis: str


CLASSES: Final = {
    each.name: each
    for each in (
        DataClass(
            "command_results",
            "Results of commands, by idempotency key",
            "umt.command",
            30,
            "the command",
            "A caller may repeat a command for so long and gets the first result.",
        ),
        DataClass(
            "sessions",
            "Where people were signed in, with the client's name for itself, and their refresh tokens",
            "umt.session, umt.refresh_token",
            30,
            "their end",
            "A person and an auditor can see where the account was used lately.",
        ),
        DataClass(
            "sign_in_attempts",
            "Wrong passwords in a row, by keyed hash of address and client",
            "umt.sign_in_attempt",
            1,
            "the last attempt",
            "Guessing is slowed down for at most an hour after it.",
        ),
        DataClass(
            "sign_in_places",
            "Where an account was signed in to from, as keyed hashes",
            "umt.sign_in_place",
            30,
            "the last sign-in from there",
            "Strangers' guesses do not slow the owner of an account down at places known so long.",
        ),
        DataClass(
            "invitations",
            "Tokens of invitations, as hashes",
            "umt.invitation",
            30,
            "their expiry",
            "Whoever comes late can be told to ask for a new one.",
        ),
        DataClass(
            "snapshots",
            "States of long streams, made by another version of the program",
            "umt.snapshot",
            1,
            "they were taken",
            "Two versions may run side by side; of this version's the newest 20 of a stream are kept whatever their age.",
        ),
        DataClass(
            "security_events",
            "Sign-ins, refused access and use of API keys, with the address that they came from",
            "umt.security_event",
            365,
            "they happened last",
            "A break-in is often found out only months later.",
        ),
        DataClass(
            "jobs",
            "Jobs of agents' effects that are done or were given up",
            "jobs.procrastinate_jobs",
            30,
            "their end",
            "An operator can see what went wrong; the outcome itself is in the log.",
        ),
        DataClass(
            "processes",
            "Processes that gave no sign of life",
            "umt.process",
            1,
            "the last sign of life",
            "After twelve seconds they count as gone; their names help an operator for a day.",
        ),
        DataClass(
            "breakers",
            "Circuit breakers of outside services, with their changes of state and counts of calls",
            "umt.breaker, umt.breaker_change",
            30,
            "the last call",
            "Of a site that nobody is connected to any more nothing is kept.",
        ),
        DataClass(
            "retention_runs",
            "What the retention job did",
            "umt.retention_run",
            365,
            "the run",
            "An auditor sees that the policy was followed.",
        ),
    )
}
"""The classes by name, with their default days."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What one run deleted of a class."""

    name: str
    days: int
    deleted: int
    ran_at: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a class stands: its policy, what is past its time now, and its last run that there was."""

    name: str
    days: int
    due: int
    last: Run | None


def policy(overrides: Mapping[str, int]) -> dict[str, int]:
    """Days by class, the defaults with these on top. Raises RetentionError for an unknown class or less than a day."""
    for name, days in overrides.items():
        if name not in CLASSES:
            raise RetentionError(
                f"UMT_RETENTION_DAYS names {name!r}, which is no class of data; there are {', '.join(CLASSES)}."
            )
        if not 1 <= days <= 36_500:
            raise RetentionError(
                f"UMT_RETENTION_DAYS keeps {name} for {days} days; give a whole number from 1 to 36,500."
            )
    return {name: each.days for name, each in CLASSES.items()} | dict(overrides)
