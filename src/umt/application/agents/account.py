"""All that an operator is told of a run."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

Row = dict[str, Any]


class Account(msgspec.Struct, frozen=True):
    """All of a run. ``trigger`` is the event or the reminder that set it off, ``facts`` are the keys of what the agent looked
    at. ``unreadable`` counts its events that cannot be read, without which all else is told."""

    run: Row
    trigger: UUID
    facts: tuple[str, ...]
    decisions: tuple[Row, ...]
    commands: tuple[Row, ...]
    effects: tuple[Row, ...]
    model_calls: tuple[Row, ...]
    unreadable: int
