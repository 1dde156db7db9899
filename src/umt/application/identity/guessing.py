"""Guessing passwords is slowed down where the guesses come from, not for the account.

Counted are, by keyed hashes only: an address together with the place the attempt comes from (5 attempts free, then a
wait of 1 s that doubles up to 15 min); a place alone (100 failures an hour free); and an address alone, over all places
from which it was never signed in to within 30 days (100 failures an hour free). An attempt is counted as failed before
its password is looked at, so many at once do not slip through, and the count is taken back when it succeeds.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from umt.application.errors import Throttled
from umt.application.identity.store import SessionStore
from umt.application.places import place_of


class Attempt(msgspec.Struct, frozen=True):
    """An attempt to sign in that was let through; its subjects as keyed hashes."""

    pair: bytes
    place: bytes
    address: bytes


class Guessing:
    """Counts attempts. ``fingerprint`` is a keyed hash."""

    def __init__(self, store: SessionStore, fingerprint: Callable[[str], bytes]) -> None:
        self._store, self._fingerprint = store, fingerprint

    async def attempt(self, address_index: bytes, client_address: str | None) -> Attempt:
        """Count an attempt on the account of an address, whether there is one or not; Throttled if it has to wait."""
        attempt = Attempt(
            pair=self._fingerprint(f"attempt pair {address_index.hex()} {place_of(client_address)}"),
            place=self.place(client_address),
            address=attempts_on(address_index, self._fingerprint),
        )
        wait = await self._store.count_attempt(attempt.pair, attempt.place, attempt.address, address_index)
        if wait > 0:
            raise Throttled("There were too many wrong passwords; wait before you try again.", wait)
        return attempt

    async def succeeded(self, attempt: Attempt) -> None:
        """Take the count back: the password was right."""
        await self._store.attempt_succeeded(attempt.pair, attempt.place, attempt.address)

    def place(self, client_address: str | None) -> bytes:
        """Where a client is, as a keyed hash."""
        return self._fingerprint(f"attempt place {place_of(client_address)}")


def attempts_on(address_index: bytes, fingerprint: Callable[[str], bytes]) -> bytes:
    """Under what the attempts on an account are counted, wherever they come from."""
    return fingerprint(f"attempt address {address_index.hex()}")
