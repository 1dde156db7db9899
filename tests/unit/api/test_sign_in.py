"""Signing in costs the same whether there is such an account or not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from umt.application.errors import Unauthenticated
from umt.application.identity import Hashing, Identity, Membership, SignIn
from umt.domain.workspace import Role

NOBODY = UUID(int=0)
ADA = b"ada@example.com"


class Recorded:
    """Passwords and accounts that remember what they were asked; ada@example.com is the one account."""

    def __init__(self) -> None:
        self.costs: list[str] = []

    async def hash(self, password: str) -> str:
        self.costs.append("hash")
        return f"hash of {password}"

    async def verify(self, hashed: str, password: str) -> bool:
        self.costs.append("verify")
        return hashed == f"hash of {password}"

    async def sign_in(self, address_index: bytes) -> SignIn | None:
        self.costs.append("look up")
        member = Membership(NOBODY, NOBODY, Role.OWNER)
        return SignIn(NOBODY, "hash of secret", (member,)) if address_index == ADA else None

    async def count_attempt(self, *_: bytes) -> float:
        self.costs.append("count")
        return 0


@pytest.mark.parametrize("first", ["ada@example.com", "nobody@example.com"])
async def test_known_and_unknown_addresses_cost_one_verification(first: str) -> None:
    recorded: Any = Recorded()
    identity = Identity(recorded, recorded, Hashing(recorded), recorded, str.encode, timedelta(days=1))
    costs = []
    for email in (first, "ada@example.com", "nobody@example.com"):
        with pytest.raises(Unauthenticated):
            await identity.login(email=email, password="wrong")
        costs.append(recorded.costs.copy())
        recorded.costs.clear()
    assert costs == [["look up", "count", "hash", "verify"], *[["look up", "count", "verify"]] * 2]
