"""History shows of a thing only what the thing itself would show to whoever asks."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.integration.api.client import Caller
from tests.integration.identity.team import api_key, joined

HISTORY = "query($id: ID!) { history(subject: $id, first: 20) { nodes { eventType } } }"


@pytest.fixture
def owner(url: str) -> Caller:
    return Caller(url).registers()


@pytest.fixture
def subjects(owner: Caller) -> dict[str, str]:
    """A thing of every kind that tells who may come in, by its first event."""
    invitation = {"email": f"{uuid4()}@example.com", "role": "ANALYST"}
    return {
        "api_key.created": api_key(owner, "brand:read").session["id"],
        "invitation.sent": owner.mutates("inviteMember", invitation, "invitation { id }")["invitation"]["id"],
        "user.registered": str(owner.user),
        "workspace.created": str(owner.workspace),
        "brand.created": owner.brand(),
    }


def seen(caller: Caller, subjects: dict[str, str]) -> set[str]:
    """The first events of the histories that the caller may read; all others are refused."""
    found = set()
    for first, subject in subjects.items():
        answer = caller.posts(HISTORY, {"id": subject})
        if "errors" in answer:
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
        else:
            assert answer["data"]["history"]["nodes"][0]["eventType"] == first
            found.add(first)
    return found


def test_who_may_not_read_keys_does_not_read_their_history(owner: Caller, subjects: dict[str, str]) -> None:
    for role, reads_keys in (("MARKETER", False), ("ANALYST", False), ("AUDITOR", True), ("ADMIN", True)):
        hidden = set() if reads_keys else {"api_key.created"}
        assert seen(joined(owner, role), subjects) == set(subjects) - hidden
    assert seen(owner, subjects) == set(subjects)


@pytest.mark.parametrize(
    ("scope", "shown"),
    [
        ("key:read", {"api_key.created"}),
        ("member:read", {"invitation.sent", "user.registered"}),
        ("workspace:read", {"workspace.created"}),
        ("brand:read", {"brand.created"}),
        ("system:read", set()),
    ],
)
def test_a_key_reads_the_history_of_what_its_scopes_let_it_read(
    owner: Caller, subjects: dict[str, str], scope: str, shown: set[str]
) -> None:
    assert seen(api_key(owner, "history:read", scope), subjects) == shown


def test_without_history_read_nothing_is_told_and_of_nobody_there_is_nothing_to_tell(
    owner: Caller, subjects: dict[str, str], url: str
) -> None:
    without = api_key(owner, "key:read", "member:read", "workspace:read", "brand:read")
    assert seen(without, subjects) == set()
    for unknown in (uuid4(), Caller(url).registers().user):
        assert api_key(owner, "history:read").asks(HISTORY, id=str(unknown)) == {"history": {"nodes": []}}
