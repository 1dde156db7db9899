"""The embedded server's error, and the wait that may end in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE: Final = 300.0  # seconds that a server may take to recover after a crash


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be used as asked; the message says what, where and what to do."""


Failure = Callable[[str], EmbeddedPostgresError]
"""Makes the error from what the server did or did not do, as in "did not start"."""


def wait(condition: Callable[[], T | None], seconds: float, failure: Callable[[], Exception]) -> T:
    """Ask until there is an answer, and return it; raise `failure()` after so many seconds without one."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise failure()
        time.sleep(0.01)
    return answer
