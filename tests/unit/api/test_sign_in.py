"""Signing in costs the same whether there is such an account or not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from umt.application.identity import Identity, SignIn, Unauthenticated
from umt.domain.workspace import Role

NOBODY = UUID(int=0)


class Recorded:
    """Passwords and accounts that remember what they were asked; ada@example.com is the one account."""

    def __init__(self) -> None:
        self.costs: list[str] = []

    def hash(self, password: str) -> str:
        self.costs.append("hash")
        return f"hash of {password}"

    def verify(self, hashed: str, password: str) -> bool:
        self.costs.append("verify")
        return hashed == f"hash of {password}"

    async def sign_ins(self, email: str) -> list[SignIn]:
        return [SignIn(NOBODY, "hash of secret", NOBODY, Role.OWNER)] if email == "ada@example.com" else []


@pytest.mark.parametrize("first", ["ada@example.com", "nobody@example.com"])
async def test_known_and_unknown_addresses_cost_one_verification(first: str) -> None:
    recorded: Any = Recorded()
    identity = Identity(recorded, recorded, recorded, str.encode, token_days=1)
    costs = []
    for email in (first, "ada@example.com", "nobody@example.com"):
        with pytest.raises(Unauthenticated):
            await identity.login(email=email, password="wrong")
        costs.append(recorded.costs.copy())
        recorded.costs.clear()
    assert costs == [["hash", "verify"], ["verify"], ["verify"]]
