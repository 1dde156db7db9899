"""A system served over real HTTP, whose callers may say where they come from (X-Forwarded-For), as behind a proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from tests.integration.api.serving import listening
from tests.integration.identity.visitor import Visitor

from umt.adapters.passwords import Argon2Passwords
from umt.api.app import create_app
from umt.bootstrap import System, system
from umt.bootstrap.services import services_of
from umt.settings import Settings


class CountedPasswords(Argon2Passwords):
    """At a low cost, since tests do many; counts the verifications."""

    verified = 0

    async def verify(self, hashed: str, password: str) -> bool:
        self.verified += 1
        return await super().verify(hashed, password)


@pytest.fixture(scope="module")
def passwords() -> CountedPasswords:
    return CountedPasswords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture(scope="module")
def wired(settings: Settings, passwords: CountedPasswords) -> Iterator[System]:
    behind_a_proxy = {"trusted_proxies": ("127.0.0.1",), "cors_origins": ("https://app.example.com",)}
    with system(settings.model_copy(update=behind_a_proxy), passwords) as made:
        yield made


@pytest.fixture(scope="module")
def url(wired: System) -> Iterator[str]:
    with listening(create_app(services_of(wired, {}))) as address:
        yield address


@pytest.fixture
def ada(url: str) -> Iterator[Visitor]:
    """Somebody who has registered."""
    with Visitor(url) as visitor:
        visitor.registers()
        yield visitor
