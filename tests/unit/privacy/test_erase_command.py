"""What erasing a person decides, on a log in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.in_memory import ACME, SYSTEM, InMemory, InMemoryTransaction

from umt.application.commands.privacy import EraseSubject, erase
from umt.application.privacy.retention import CLASSES, RetentionError, policy
from umt.application.transaction import Context
from umt.domain.api_key import ApiKey, ApiKeyCreated, ApiKeyRevoked
from umt.domain.errors import NotFound, NotReady
from umt.domain.invitation import Invitation, InvitationSent, Status
from umt.domain.personal import Personal
from umt.domain.user import User, UserErased, UserRegistered
from umt.domain.workspace import MemberAdded, Role, Workspace, WorkspaceCreated

ANN, BEN, CAT = UUID(int=1), UUID(int=2), UUID(int=3)
KEY, SENT = UUID(int=10), UUID(int=11)
ROBOT, OF_ROBOT, OTHERS = UUID(int=20), UUID(int=21), UUID(int=22)


@pytest.fixture
def memory() -> InMemory:
    """Ann owns the workspace, Ben works in it and holds a key; an invitation waits for Cat."""
    made = InMemory()
    made.happened(ACME, WorkspaceCreated("Acme", "UTC"), MemberAdded(ANN, Role.OWNER), MemberAdded(BEN, Role.MARKETER))
    for person, name in ((ANN, "Ann"), (BEN, "Ben")):
        made.happened(person, UserRegistered(Personal(f"{name}@example.com", person), Personal(name, person)))
        made.members[ACME, person] = Role.OWNER, person
        made.accounts[f"{name}@example.com".lower()] = person, "hash"
    later = made.now + timedelta(days=7)
    made.happened(KEY, ApiKeyCreated(BEN, "reports", "umtk_abc", ("brand:read",), later))
    made.api_keys[ACME, KEY] = BEN, BEN
    made.happened(SENT, InvitationSent(CAT, Personal("cat@example.com", CAT), Role.ANALYST, later, ANN))
    made.invitations[ACME, "cat@example.com"] = [SENT]
    return made


def erased(memory: InMemory, person: UUID, **more: Any) -> int:
    """Erase; the answer is how many events that led to."""
    tx = InMemoryTransaction(memory, Context(workspace=ACME, actor=SYSTEM, role=Role.OWNER))
    erase(tx, person, **more)
    return tx.commit().events


def test_a_member_leaves_with_their_keys_and_account(memory: InMemory) -> None:
    erased(memory, BEN)
    assert memory.state(User, BEN).erased
    assert memory.state(Workspace, ACME).member(BEN) is None
    assert memory.state(ApiKey, KEY).revoked
    assert not memory.api_keys
    assert set(memory.accounts) == {"ann@example.com"}


def test_the_keys_go_that_they_made_for_a_service_account(memory: InMemory) -> None:
    later = memory.now + timedelta(days=7)
    for key, maker in ((OF_ROBOT, BEN), (OTHERS, ANN)):
        memory.happened(key, ApiKeyCreated(ROBOT, "reports", "umtk_abc", ("brand:read",), later, maker))
        memory.api_keys[ACME, key] = ROBOT, maker
    erased(memory, BEN)
    assert memory.stream(ACME, OF_ROBOT)[-1] == ApiKeyRevoked("its maker was erased")
    assert not memory.state(ApiKey, OTHERS).revoked
    assert list(memory.api_keys) == [(ACME, OTHERS)]


def test_the_last_owner_stays_unless_a_restore_brought_them_back(memory: InMemory) -> None:
    with pytest.raises(NotReady):
        erased(memory, ANN)
    erased(memory, ANN, last_owner=True)
    assert memory.state(User, ANN).erased
    assert memory.state(Workspace, ACME).member(ANN) is None


def test_who_was_only_invited_can_be_erased(memory: InMemory) -> None:
    erased(memory, CAT)
    assert memory.stream(ACME, CAT) == [UserErased(CAT)]
    assert memory.state(Invitation, SENT).status is Status.REVOKED
    assert memory.invitations[ACME, "cat@example.com"] == []


def test_all_that_the_address_was_invited_as_goes_too(memory: InMemory) -> None:
    later, again, sent = memory.now + timedelta(days=7), UUID(int=4), UUID(int=12)
    memory.happened(sent, InvitationSent(again, Personal("ben@example.com", again), Role.ANALYST, later, ANN))
    memory.invitations[ACME, "ben@example.com"] = [sent]
    erased(memory, BEN)
    assert memory.erased == {BEN, again}


def test_a_second_time_nothing_is_left_to_do(memory: InMemory) -> None:
    assert erased(memory, BEN) > 0
    assert erased(memory, BEN) == 0


def test_a_stranger_is_not_found(memory: InMemory) -> None:
    with pytest.raises(NotFound):
        erased(memory, UUID(int=99))


def test_the_command_says_whom(memory: InMemory) -> None:
    tx = InMemoryTransaction(memory, Context(workspace=ACME, actor=SYSTEM, role=Role.OWNER))
    EraseSubject(user=BEN).handle(tx)
    assert tx.commit().subject == BEN


def test_the_policy_is_the_defaults_with_what_is_set_on_top() -> None:
    assert policy({}) == {name: each.days for name, each in CLASSES.items()}
    assert policy({"sessions": 7})["sessions"] == 7


@pytest.mark.parametrize("days", [{"sesions": 7}, {"sessions": 0}, {"sessions": -1}, {"sessions": 10**9}])
def test_a_policy_that_cannot_be_followed_is_refused(days: dict[str, int]) -> None:
    with pytest.raises(RetentionError, match=next(iter(days))):
        policy(days)
