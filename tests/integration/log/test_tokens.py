"""What opens doors: a sealed secret opens where it belongs, a bearer token until it expires."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.people import Person

from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.vault import VaultError
from umt.application.identity import Unauthenticated
from umt.application.transaction import Transaction
from umt.bootstrap import System


def secret(person: Person, name: str) -> str | None:
    found: str | None = person.system.writer.run(person.context(), lambda tx: tx.secret(name)).result()
    return found


@pytest.mark.parametrize("moved", ["to another name", "to another workspace"])
def test_a_sealed_secret_opens_nowhere_else(wired: System, pat: Person, sam: Person, moved: str) -> None:
    wired.writer.run(pat.context(), lambda tx: tx.put_secret("blog", "open sesame")).result()
    assert secret(pat, "blog") == "open sesame"
    person, name = (pat, "shop") if moved == "to another name" else (sam, "blog")
    with connect(wired.url, OWNER) as owner:
        owner.execute(
            "UPDATE umt.secret SET (workspace, name) = (%s, %s) WHERE workspace = %s",
            (person.workspace, name, pat.workspace),
        )
    with pytest.raises(VaultError):
        secret(person, name)


async def test_a_token_is_valid_until_it_expires(wired: System, pat: Person) -> None:
    now = datetime.now(UTC)

    def issue(tx: Transaction) -> None:
        for token, expires_at in (("valid", now + timedelta(minutes=1)), ("expired", now - timedelta(seconds=1))):
            digest = hashlib.sha256(f"{token} {pat.user}".encode()).digest()
            tx.put_token(digest, pat.user, expires_at)

    wired.writer.run(pat.context(), issue).result()
    async with wired.reading():
        assert (await wired.identity.context_of(f"valid {pat.user}")).workspace == pat.workspace
        with pytest.raises(Unauthenticated):
            await wired.identity.context_of(f"expired {pat.user}")
