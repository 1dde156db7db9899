"""Who works in a workspace: roles, service accounts, and what ends when somebody leaves."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.api.client import Caller
from tests.integration.identity.team import (
    accepts,
    api_key,
    brought_up_to_date,
    invited,
    joined,
    service_account,
    signs_in,
)

from umt.adapters.postgres.database import OWNER, WORKER, connect
from umt.application.commands.members import ChangeMemberRole
from umt.application.transaction import Context
from umt.bootstrap import System
from umt.domain.errors import OutOfReach
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role

MEMBERS = "{ workspace { version members { kind role vouched user { id email name } } } }"


@pytest.fixture
def owner(url: str) -> Caller:
    return Caller(url).registers()


def members(caller: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.asks(MEMBERS)["workspace"]["members"]
    return found


def test_members_are_listed_with_who_they_are(owner: Caller) -> None:
    nell, robot = joined(owner, "MARKETER"), service_account(owner, "Importer", "ANALYST")
    assert members(owner) == [
        {
            "kind": "PERSON",
            "role": "OWNER",
            "vouched": True,
            "user": {"id": str(owner.user), "email": owner.email, "name": "Pat"},
        },
        {
            "kind": "PERSON",
            "role": "MARKETER",
            "vouched": True,
            "user": {"id": str(nell.user), "email": nell.email, "name": "Nell"},
        },
        {"kind": "SERVICE", "role": "ANALYST", "vouched": True, "user": {"id": robot, "email": "", "name": "Importer"}},
    ]


def test_people_are_looked_up_by_one_query(owner: Caller, wired: System) -> None:
    for _ in range(3):
        joined(owner, "ANALYST")
    asked: list[int] = []
    reader, states = wired.reader, wired.reader.states

    async def counting(workspace: Any, kind: Any, streams: Any) -> Any:
        asked.append(len(streams))
        return await states(workspace, kind, streams)

    reader.states = counting  # type: ignore[method-assign]
    try:
        assert len(members(owner)) == 4
    finally:
        reader.states = states  # type: ignore[method-assign]
    assert asked == [4]


def test_a_role_counts_from_the_next_request_on(owner: Caller) -> None:
    nell = joined(owner, "MARKETER")
    nell.brand()
    owner.mutates("changeMemberRole", {"user": str(nell.user), "role": "ANALYST"})
    assert nell.refused("createBrand", {"name": "X", "industry": {"name": "Y"}})["code"] == "FORBIDDEN"
    assert nell.asks("{ me { role permissions } }")["me"]["role"] == "ANALYST"


def test_an_admin_neither_makes_nor_unmakes_owners(owner: Caller) -> None:
    ann, nell = joined(owner, "ADMIN"), joined(owner, "ANALYST")
    for user, role in ((nell, "OWNER"), (ann, "OWNER"), (owner, "ANALYST")):
        refusal = ann.refused("changeMemberRole", {"user": str(user.user), "role": role})
        assert (refusal["code"], refusal["domainCode"]) == ("FORBIDDEN", "OUT_OF_REACH")
    assert ann.refused("removeMember", {"user": str(owner.user)})["code"] == "FORBIDDEN"
    assert ann.refused("inviteMember", {"email": "x@example.com", "role": "OWNER"})["code"] == "FORBIDDEN"
    ann.mutates("changeMemberRole", {"user": str(nell.user), "role": "ADMIN"})
    owner.mutates("changeMemberRole", {"user": str(ann.user), "role": "OWNER"})


@pytest.mark.parametrize("role", ["MARKETER", "ANALYST", "AUDITOR"])
def test_the_other_roles_manage_nobody(owner: Caller, role: str) -> None:
    nell = joined(owner, role)
    tries = {
        "changeMemberRole": {"user": str(nell.user), "role": "ADMIN"},
        "removeMember": {"user": str(owner.user)},
        "inviteMember": {"email": "x@example.com", "role": "ANALYST"},
        "addServiceAccount": {"name": "Robot", "role": "ANALYST"},
        "createApiKey": {"name": "Key", "scopes": ["brand:read"]},
        "setApprovalLimits": {"limits": []},
        "setModelBudget": {"budget": None},
        "limitAgent": {"agent": "content-ads", "permissions": None},
        "renameWorkspace": {"name": "Mine"},
        "changeTimeZone": {"timeZone": "UTC"},
    }
    assert {nell.refused(name, given)["code"] for name, given in tries.items()} == {"FORBIDDEN"}


def test_who_is_removed_is_out_at_once(owner: Caller, url: str, wired: System) -> None:
    ann = joined(owner, "ADMIN")
    program = api_key(ann, "brand:read")
    assert program.asks("{ brands(first: 20) { nodes { id } } }")
    owner.mutates("removeMember", {"user": str(ann.user)})
    assert ann.fails("{ me { role } }")["code"] == "UNAUTHENTICATED"
    assert program.fails("{ brands(first: 20) { nodes { id } } }")["code"] == "UNAUTHENTICATED"
    assert signs_in(url, ann.email).status_code == 401
    brought_up_to_date(wired)
    (key,) = owner.asks("{ apiKeys(first: 20) { nodes { id revoked } } }")["apiKeys"]["nodes"]
    assert key == {"id": program.session["id"], "revoked": True}
    with connect(wired.url, WORKER) as connection:
        rows = connection.execute(
            "SELECT u.status, u.removed_at IS NOT NULL, m.role, m.ended_by FROM read_v1.users u"
            " JOIN read_v1.memberships m USING (workspace, user_id) WHERE user_id = %s",
            (ann.user,),
        ).fetchall()
        assert rows == [("removed", True, "admin", f"user:{owner.user}")]
    with connect(wired.url, OWNER) as connection:
        left = connection.execute(
            "SELECT (SELECT count(*) FROM umt.session WHERE user_id = %(user)s AND ended_at IS NULL),"
            " (SELECT count(*) FROM umt.api_key WHERE holder = %(user)s AND revoked_at IS NULL),"
            " (SELECT count(*) FROM umt.membership WHERE user_id = %(user)s)",
            {"user": ann.user},
        ).fetchone()
        assert left == (0, 0, 0)


def test_who_was_removed_may_be_invited_again_as_somebody_new(owner: Caller, url: str) -> None:
    ann = joined(owner, "ADMIN")
    owner.mutates("removeMember", {"user": str(ann.user)})
    again = Caller(url)
    accepts(again, invited(owner, ann.email, "ANALYST"), password="another long password", name="Ann")
    assert again.user != ann.user
    assert signs_in(url, ann.email).status_code == 401
    assert signs_in(url, ann.email, "another long password").status_code == 200


def test_a_person_is_somebody_else_in_each_workspace(owner: Caller, url: str) -> None:
    pat = Caller(url).registers()
    here = Caller(url)
    accepts(here, invited(owner, pat.email, "ANALYST"))
    assert here.user != pat.user
    assert here.workspace == owner.workspace
    with_workspace = signs_in(url, pat.email, workspace=str(owner.workspace)).json()
    assert (with_workspace["user"], with_workspace["role"]) == (str(here.user), "analyst")
    assert signs_in(url, pat.email).json()["user"] == str(pat.user)
    owner.mutates("removeMember", {"user": str(here.user)})
    assert here.fails("{ me { role } }")["code"] == "UNAUTHENTICATED"
    assert pat.asks("{ me { role } }") == {"me": {"role": "OWNER"}}


def test_the_workspace_is_renamed_and_moved(owner: Caller) -> None:
    owner.mutates("renameWorkspace", {"name": "Alpina"})
    changed = owner.mutates("changeTimeZone", {"timeZone": "Europe/Vienna"}, "workspace { name timeZone version }")
    assert changed["workspace"] == {"name": "Alpina", "timeZone": "Europe/Vienna", "version": 4}
    assert owner.refused("changeTimeZone", {"timeZone": "Vienna"})["code"] == "BAD_USER_INPUT"
    assert owner.refused("renameWorkspace", {"name": "Other"}, version=3)["code"] == "CONFLICT"


def test_the_table_of_permissions_is_told(owner: Caller) -> None:
    table = {
        p["permission"]: p for p in owner.asks("{ permissions { permission roles apiKeys agents } }")["permissions"]
    }
    assert table["member:manage"] == {
        "permission": "member:manage",
        "roles": ["OWNER", "ADMIN"],
        "apiKeys": False,
        "agents": [],
    }
    assert table["campaign:run"]["agents"] == ["content-ads"]
    mine = set(owner.asks("{ me { permissions } }")["me"]["permissions"])
    assert mine == {name for name, grant in table.items() if "OWNER" in grant["roles"]}


def test_who_lost_their_role_while_a_request_waited_decides_nothing_with_it(owner: Caller, wired: System) -> None:
    ann, nell = joined(owner, "ADMIN"), joined(owner, "ANALYST")
    was_admin = Context(
        workspace=owner.workspace, actor=Actor(ActorKind.USER, str(ann.user)), role=Role.ADMIN, principal=ann.user
    )
    promotion = ChangeMemberRole(user=nell.user, role=Role.MARKETER)
    owner.mutates("changeMemberRole", {"user": str(ann.user), "role": "ANALYST"})
    with pytest.raises(OutOfReach):
        wired.dispatcher.submit(promotion, was_admin).result()
    owner.mutates("removeMember", {"user": str(ann.user)})
    with pytest.raises(OutOfReach, match="no member"):
        wired.dispatcher.submit(promotion, was_admin).result()
