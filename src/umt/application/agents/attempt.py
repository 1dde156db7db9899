"""One try of an effect, as those who carry it out see it: whether it is still wanted.

A try may consist of many calls. Before each one that changes something outside, whoever makes it asks `still_wanted`: the
agent may have been stopped since, or another worker may have taken the effect over because this one seemed dead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_reason: ContextVar[Callable[[], str | None] | None] = ContextVar("attempt", default=None)


class NoLongerWanted(Exception):
    """What is under way is to go no further; nothing was sent of what was to come."""


@contextmanager
def attempting(reason_to_stop: Callable[[], str | None]) -> Iterator[None]:
    """While this runs, ``reason_to_stop`` is asked before each change outside; None: go on."""
    token = _reason.set(reason_to_stop)
    try:
        yield
    finally:
        _reason.reset(token)


def still_wanted() -> None:
    """Raise NoLongerWanted unless the try may go on; outside of a try everything may."""
    ask = _reason.get()
    if ask and (reason := ask()):
        raise NoLongerWanted(reason)
