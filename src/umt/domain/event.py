"""What an event is, and what a decision about events is.

An aggregate is written as a decider: a frozen state, events that each say how they change it (`evolve`), and
one decision function per command. Reading a state back is a fold of its events.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ClassVar, Concatenate, Final, ParamSpec, TypeVar

import msgspec

EVENT_TYPES: Final[dict[str, type[Event]]] = {}
"""Every event type by its published name, e.g. ``campaign.budget_reallocated``."""

UPCASTERS: Final[dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]]] = {}
"""(event type, schema version) → plain function to the body of the next version."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """Something that happened; never changed, never taken back.

    The published name is ``<aggregate>.<what happened>``: module and class name, so a class that is renamed
    states its old one as ``type_name``. The docstring is the published description.
    """

    type_name: ClassVar[str]
    schema_version: ClassVar[int] = 1

    def __init_subclass__(cls, **_: Any) -> None:
        if "type_name" not in cls.__dict__:
            context = cls.__module__.rpartition(".")[2]
            what = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
            cls.type_name = f"{context}.{what.removeprefix(context + '_')}"
        EVENT_TYPES[cls.type_name] = cls

    def evolve(self, state: Any, /) -> Any:
        """The state after this event."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it changes the state")


class Aggregate(msgspec.Struct, frozen=True):
    """The state of one stream of events."""

    kind: ClassVar[str]
    fixed_by_first_event: ClassVar[bool] = False
    """Whether later events leave the state as the first one made it, so that reading one event is enough."""


S = TypeVar("S")
P = ParamSpec("P")
F = TypeVar("F", bound=Callable[[dict[str, Any]], dict[str, Any]])


def fold(events: Iterable[Event], state: Any = None) -> Any:
    """The state that the events lead to, from nothing or from a given state."""
    for event in events:
        state = event.evolve(state)
    return state


def decides(
    decision: Callable[Concatenate[S, P], Event | Iterable[Event] | None],
) -> Callable[Concatenate[S, P], tuple[Event, ...]]:
    """Mark a decision: (state, what is asked) → the events that follow, none when nothing would change."""

    @wraps(decision)
    def decide(state: S, /, *args: P.args, **kwargs: P.kwargs) -> tuple[Event, ...]:
        outcome = decision(state, *args, **kwargs)
        if outcome is None:
            return ()
        return (outcome,) if isinstance(outcome, Event) else tuple(outcome)

    return decide


def upcasts(type_name: str, from_version: int) -> Callable[[F], F]:
    """Register a function that turns a stored body of ``from_version`` into one of the next version."""

    def register(function: F) -> F:
        UPCASTERS[type_name, from_version] = function
        return function

    return register
