"""Workspace: a company's own place, and who works there."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.given import given
from tests.unit.domain.stories import ANNA, BEN, CLARA, eur

from umt.domain import workspace as decide
from umt.domain.errors import AlreadyExists, InvalidValue, NotFound, NotReady, OutOfReach
from umt.domain.money import Money
from umt.domain.workspace import (
    AgentLimited,
    ApprovalLimitsSet,
    Member,
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    ModelBudgetSet,
    Role,
    ServiceAccountAdded,
    TimeZoneChanged,
    WorkspaceCreated,
    WorkspaceRenamed,
    needs_second_person,
)

ACME = (WorkspaceCreated("Acme Inc.", "Europe/Berlin"), MemberAdded(ANNA, Role.OWNER))
ROBOT = UUID(int=99)
OPERATOR = None


def test_whoever_creates_a_workspace_owns_it() -> None:
    given().when(decide.create, "Acme Inc.", "Europe/Berlin", ANNA).then(*ACME).then_state(
        members=(Member(ANNA, Role.OWNER),)
    )


def test_a_workspace_is_created_once() -> None:
    given(*ACME).when(decide.create, "Acme Inc.", "UTC", BEN).then_fails(AlreadyExists)


@pytest.mark.parametrize("zone", ["Berlin", "", "../../etc/passwd", "Europe/", "X" * 5000])
def test_a_workspace_lives_in_a_time_zone(zone: str) -> None:
    given().when(decide.create, "Acme Inc.", zone, ANNA).then_fails(InvalidValue, "timeZone")
    given(*ACME).when(decide.change_time_zone, zone).then_fails(InvalidValue, "timeZone")


def test_a_workspace_gets_another_name_and_time_zone() -> None:
    given(*ACME).when(decide.rename, " Acme ").then(WorkspaceRenamed("Acme")).then_state(name="Acme").when(
        decide.rename, "Acme"
    ).then_nothing()
    given(*ACME).when(decide.change_time_zone, "UTC").then(TimeZoneChanged("UTC")).then_state(time_zone="UTC")


# Members


def test_a_member_is_added_once() -> None:
    given(*ACME).when(decide.add_member, BEN, Role.MARKETER, Role.OWNER).then(MemberAdded(BEN, Role.MARKETER)).when(
        decide.add_member, BEN, Role.MARKETER, Role.OWNER
    ).then_nothing()


def test_a_member_does_not_get_another_role_by_being_added_again() -> None:
    given(*ACME, MemberAdded(BEN, Role.ANALYST)).when(decide.add_member, BEN, Role.OWNER, Role.OWNER).then_fails(
        AlreadyExists
    )


def test_a_role_changes() -> None:
    given(*ACME, MemberAdded(BEN, Role.ANALYST)).when(decide.change_role, BEN, Role.ADMIN, Role.OWNER).then(
        MemberRoleChanged(BEN, Role.ADMIN)
    ).then_state(lambda acme: Member(BEN, Role.ADMIN) in acme.members).when(
        decide.change_role, BEN, Role.ADMIN, Role.OWNER
    ).then_nothing()


def test_a_member_leaves() -> None:
    given(*ACME, MemberAdded(BEN, Role.ANALYST)).when(decide.remove_member, BEN, Role.ADMIN).then(
        MemberRemoved(BEN)
    ).then_state(members=(Member(ANNA, Role.OWNER),))


def test_only_members_change_or_leave() -> None:
    given(*ACME).when(decide.change_role, CLARA, Role.ADMIN, Role.OWNER).then_fails(NotFound)
    given(*ACME).when(decide.remove_member, CLARA, Role.OWNER).then_fails(NotFound)


def test_the_last_owner_stays() -> None:
    with_an_admin = given(*ACME, MemberAdded(BEN, Role.ADMIN))
    with_an_admin.when(decide.remove_member, ANNA, Role.OWNER).then_fails(NotReady, "needs an owner")
    with_an_admin.when(decide.change_role, ANNA, Role.ADMIN, Role.OWNER).then_fails(NotReady, "needs an owner")


def test_one_of_two_owners_may_leave_but_not_both() -> None:
    given(*ACME, MemberAdded(BEN, Role.OWNER)).when(decide.remove_member, ANNA, Role.OWNER).then(
        MemberRemoved(ANNA)
    ).when(decide.remove_member, BEN, Role.OWNER).then_fails(NotReady)


@pytest.mark.parametrize("by", [Role.ADMIN, Role.MARKETER, Role.ANALYST, Role.AUDITOR])
def test_only_owners_make_and_unmake_owners(by: Role) -> None:
    two_owners = given(*ACME, MemberAdded(BEN, Role.OWNER), MemberAdded(CLARA, Role.ADMIN))
    two_owners.when(decide.change_role, CLARA, Role.OWNER, by).then_fails(OutOfReach)
    two_owners.when(decide.change_role, BEN, Role.ANALYST, by).then_fails(OutOfReach)
    two_owners.when(decide.remove_member, BEN, by).then_fails(OutOfReach)
    two_owners.when(decide.add_member, UUID(int=77), Role.OWNER, by).then_fails(OutOfReach)


@pytest.mark.parametrize("by", [Role.MARKETER, Role.ANALYST, Role.AUDITOR])
def test_the_other_roles_manage_nobody(by: Role) -> None:
    team = given(*ACME, MemberAdded(BEN, Role.ANALYST))
    team.when(decide.change_role, BEN, Role.AUDITOR, by).then_fails(OutOfReach)
    team.when(decide.remove_member, BEN, by).then_fails(OutOfReach)
    team.when(decide.add_member, CLARA, Role.ANALYST, by).then_fails(OutOfReach)
    team.when(decide.add_service_account, ROBOT, "Importer", Role.ANALYST, by).then_fails(OutOfReach)


def test_an_admin_manages_the_rest_and_may_step_down() -> None:
    team = given(*ACME, MemberAdded(BEN, Role.ADMIN), MemberAdded(CLARA, Role.ANALYST))
    team.when(decide.change_role, CLARA, Role.ADMIN, Role.ADMIN).then(MemberRoleChanged(CLARA, Role.ADMIN))
    team.when(decide.change_role, BEN, Role.ANALYST, Role.ADMIN).then(MemberRoleChanged(BEN, Role.ANALYST))
    team.when(decide.change_role, BEN, Role.OWNER, Role.ADMIN).then_fails(OutOfReach)


# Who vouches for whom


def test_whom_an_admin_lets_in_nobody_has_vouched_for_until_an_owner_does() -> None:
    let_in = given(*ACME).when(decide.add_member, BEN, Role.MARKETER, Role.ADMIN)
    let_in.then(MemberAdded(BEN, Role.MARKETER, vouched=False)).when(
        decide.change_role, BEN, Role.ADMIN, Role.ADMIN
    ).then(MemberRoleChanged(BEN, Role.ADMIN)).then_state(lambda acme: not acme.member(BEN).vouched).when(
        decide.change_role, BEN, Role.ADMIN, Role.OWNER
    ).then(MemberRoleChanged(BEN, Role.ADMIN, vouched=True)).then_state(lambda acme: acme.member(BEN).vouched).when(
        decide.change_role, BEN, Role.ADMIN, Role.OWNER
    ).then_nothing()


def test_who_was_vouched_for_stays_so_when_an_admin_changes_their_role() -> None:
    given(*ACME, MemberAdded(BEN, Role.MARKETER)).when(decide.change_role, BEN, Role.ANALYST, Role.ADMIN).then_state(
        lambda acme: acme.member(BEN).vouched
    )


def test_the_operator_vouches_for_whom_they_let_in() -> None:
    given(*ACME).when(decide.add_member, BEN, Role.OWNER, OPERATOR).then(MemberAdded(BEN, Role.OWNER))


# Service accounts


def test_a_service_account_is_a_member_that_is_no_person() -> None:
    given(*ACME).when(decide.add_service_account, ROBOT, " Importer ", Role.MARKETER, Role.ADMIN).then(
        ServiceAccountAdded(ROBOT, "Importer", Role.MARKETER)
    ).then_state(lambda acme: acme.member(ROBOT) == Member(ROBOT, Role.MARKETER, "Importer"))


def test_a_service_account_never_owns_a_workspace() -> None:
    given(*ACME).when(decide.add_service_account, ROBOT, "Importer", Role.OWNER, Role.OWNER).then_fails(InvalidValue)
    given(*ACME, ServiceAccountAdded(ROBOT, "Importer", Role.ADMIN)).when(
        decide.change_role, ROBOT, Role.OWNER, Role.OWNER
    ).then_fails(InvalidValue, "cannot own")


def test_two_service_accounts_have_two_names() -> None:
    given(*ACME, ServiceAccountAdded(ROBOT, "Importer", Role.ADMIN)).when(
        decide.add_service_account, UUID(int=98), "IMPORTER", Role.ANALYST, Role.OWNER
    ).then_fails(AlreadyExists)


# Approval limits


def test_a_limit_is_set_for_each_currency_once() -> None:
    given(*ACME).when(decide.set_approval_limits, [Money.parse("10 USD"), eur(5)], Role.ADMIN).then(
        ApprovalLimitsSet((eur(5), Money.of(10, "USD")))
    ).when(decide.set_approval_limits, [eur(5), Money.parse("10.00 USD")], Role.ADMIN).then_nothing()
    given(*ACME).when(decide.set_approval_limits, [eur(5), eur(6)], Role.OWNER).then_fails(InvalidValue, "once")
    given(*ACME).when(decide.set_approval_limits, [eur(-1)], Role.OWNER).then_fails(InvalidValue, "below zero")


@pytest.mark.parametrize("looser", [[], [eur(101)], [eur(100), Money.of(1, "USD")], [Money.of(1, "USD")]])
def test_only_an_owner_loosens_the_limits(looser: list[Money]) -> None:
    limited = given(*ACME, ApprovalLimitsSet((eur(100),)))
    limited.when(decide.set_approval_limits, looser, Role.ADMIN).then_fails(OutOfReach, "Only an owner")
    limited.when(decide.set_approval_limits, looser, Role.OWNER).then_state(approval_limits=tuple(looser))
    limited.when(decide.set_approval_limits, [eur(99)], Role.ADMIN).then(ApprovalLimitsSet((eur(99),)))


def test_a_currency_without_a_limit_is_above_it_where_there_are_limits() -> None:
    assert not needs_second_person((), eur(10**6))
    assert not needs_second_person((eur(100),), eur(100))
    assert needs_second_person((eur(100),), eur("100.01"))
    assert needs_second_person((eur(100),), Money.of(1, "USD"))


# Agents


def test_an_agent_is_narrowed_and_given_all_back() -> None:
    narrowed = given(*ACME).when(decide.limit_agent, "content-ads", ["b", "a", "a"])
    narrowed.then(AgentLimited("content-ads", ("a", "b"))).then_state(agent_limits={"content-ads": ("a", "b")}).when(
        decide.limit_agent, "content-ads", None
    ).then(AgentLimited("content-ads", None)).then_state(agent_limits={}).when(
        decide.limit_agent, "content-ads", None
    ).then_nothing()


def test_an_agent_may_be_left_nothing_at_all() -> None:
    given(*ACME).when(decide.limit_agent, "content-ads", []).then(AgentLimited("content-ads", ()))


def test_a_budget_for_language_models_is_in_their_currency() -> None:
    usd = Money.parse
    given(*ACME).when(decide.set_model_budget, usd("25 USD")).then(ModelBudgetSet(usd("25.00 USD"))).when(
        decide.set_model_budget, usd("25.00 USD")
    ).then_nothing()
    given(*ACME, ModelBudgetSet(usd("25 USD"))).when(decide.set_model_budget, None).then(ModelBudgetSet(None))
    given(*ACME).when(decide.set_model_budget, None).then_nothing()
    given(*ACME).when(decide.set_model_budget, usd("0 USD")).then_state(model_budget=usd("0.00 USD"))
    given(*ACME).when(decide.set_model_budget, eur(25)).then_fails(InvalidValue, "USD")
    given(*ACME).when(decide.set_model_budget, usd("-1 USD")).then_fails(InvalidValue, "below zero")
