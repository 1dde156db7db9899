"""Workspace: a company's own place, and who works there."""

from __future__ import annotations

import pytest
from tests.given import given
from tests.unit.domain.stories import ANNA, BEN, CLARA

from umt.domain import workspace as decide
from umt.domain.errors import AlreadyExists, InvalidValue, NotFound, NotReady
from umt.domain.workspace import Member, MemberAdded, MemberRemoved, MemberRoleChanged, Role, WorkspaceCreated

ACME = (WorkspaceCreated("Acme Inc.", "Europe/Berlin"), MemberAdded(ANNA, Role.OWNER))


def test_whoever_creates_a_workspace_owns_it() -> None:
    given().when(decide.create, "Acme Inc.", "Europe/Berlin", ANNA).then(*ACME).then_state(
        members=(Member(ANNA, Role.OWNER),)
    )


def test_a_workspace_is_created_once() -> None:
    given(*ACME).when(decide.create, "Acme Inc.", "UTC", BEN).then_fails(AlreadyExists)


@pytest.mark.parametrize("zone", ["Berlin", "", "../../etc/passwd", "Europe/", "X" * 5000])
def test_a_workspace_lives_in_a_time_zone(zone: str) -> None:
    given().when(decide.create, "Acme Inc.", zone, ANNA).then_fails(InvalidValue, "timeZone")


def test_a_member_is_added_once() -> None:
    given(*ACME).when(decide.add_member, BEN, Role.MARKETER).then(MemberAdded(BEN, Role.MARKETER)).when(
        decide.add_member, BEN, Role.MARKETER
    ).then_nothing()


def test_a_member_does_not_get_another_role_by_being_added_again() -> None:
    given(*ACME, MemberAdded(BEN, Role.ANALYST)).when(decide.add_member, BEN, Role.OWNER).then_fails(AlreadyExists)


def test_a_role_changes() -> None:
    given(*ACME, MemberAdded(BEN, Role.ANALYST)).when(decide.change_role, BEN, Role.ADMIN).then(
        MemberRoleChanged(BEN, Role.ADMIN)
    ).then_state(lambda acme: Member(BEN, Role.ADMIN) in acme.members).when(
        decide.change_role, BEN, Role.ADMIN
    ).then_nothing()


def test_a_member_leaves() -> None:
    given(*ACME, MemberAdded(BEN, Role.ANALYST)).when(decide.remove_member, BEN).then(MemberRemoved(BEN)).then_state(
        members=(Member(ANNA, Role.OWNER),)
    )


def test_only_members_change_or_leave() -> None:
    given(*ACME).when(decide.change_role, CLARA, Role.ADMIN).then_fails(NotFound)
    given(*ACME).when(decide.remove_member, CLARA).then_fails(NotFound)


def test_the_last_owner_stays() -> None:
    with_an_admin = given(*ACME, MemberAdded(BEN, Role.ADMIN))
    with_an_admin.when(decide.remove_member, ANNA).then_fails(NotReady, "needs an owner")
    with_an_admin.when(decide.change_role, ANNA, Role.ADMIN).then_fails(NotReady, "needs an owner")


def test_one_of_two_owners_may_leave_but_not_both() -> None:
    given(*ACME, MemberAdded(BEN, Role.OWNER)).when(decide.remove_member, ANNA).then(MemberRemoved(ANNA)).when(
        decide.remove_member, BEN
    ).then_fails(NotReady)
