"""What an API key may not, whatever its row says."""

from __future__ import annotations

from uuid import UUID

import pytest

from umt.application.permissions import PEOPLE_ONLY, Permission, allows, permissions_of
from umt.application.transaction import Context
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role


def owner(kind: ActorKind) -> Context:
    """The owner, or a key of theirs that has every permission as a scope."""
    return Context(
        workspace=UUID(int=1),
        actor=Actor(kind, str(UUID(int=2))),
        role=Role.OWNER,
        principal=UUID(int=3),
        scopes=tuple(Permission),
    )


@pytest.mark.parametrize("permission", sorted(PEOPLE_ONLY))
def test_a_key_may_nothing_that_is_for_people_only(permission: Permission) -> None:
    assert allows(permission, owner(ActorKind.USER))
    assert not allows(permission, owner(ActorKind.API_KEY))


def test_all_else_that_an_owner_may_a_key_may_too() -> None:
    assert set(permissions_of(owner(ActorKind.API_KEY))) == set(permissions_of(owner(ActorKind.USER))) - PEOPLE_ONLY
