"""A sealed secret opens where it belongs."""

from __future__ import annotations

import pytest
from tests.integration.people import Person

from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.vault import VaultError
from umt.bootstrap import System
from umt.domain.secret import Secret


def secret(person: Person, name: str) -> str | None:
    found: Secret | None = person.system.writer.run(person.context(), lambda tx: tx.secret(name)).result()
    return found.reveal() if found else None


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
