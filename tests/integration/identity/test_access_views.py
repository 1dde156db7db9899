"""What data teams and auditors read of access: users, memberships, invitations and API keys, without names and addresses."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.rows import dict_row
from tests.integration.api.client import Caller
from tests.integration.identity.team import (
    accepts,
    api_key,
    brought_up_to_date,
    invited,
    joined,
    service_account,
)

from umt.adapters.postgres.database import WORKER, connect
from umt.bootstrap import System
from umt.projections.catalogue import PROJECTIONS

OURS = ("users", "memberships", "invitations", "api_keys")


@pytest.fixture
def owner(url: str) -> Caller:
    return Caller(url).registers()


def rows(wired: System, owner: Caller, view: str, *columns: str) -> list[dict[str, Any]]:
    """The workspace's rows, in the log's order."""
    brought_up_to_date(wired)
    with connect(wired.url, WORKER) as connection, connection.cursor(row_factory=dict_row) as cursor:
        query = f"SELECT {', '.join(columns)} FROM read_v1.{view} WHERE workspace = %s ORDER BY position"
        return cursor.execute(query.encode(), (owner.workspace,)).fetchall()


def holds(wired: System, owner: Caller) -> None:
    """The views say what a fold of the log from zero does."""
    for name in OURS:
        assert wired.verifier.verify(PROJECTIONS[name], workspace=owner.workspace).differences == ()


def test_a_members_way_through_a_workspace_is_in_the_views(owner: Caller, wired: System, url: str) -> None:
    ann = joined(owner, "ADMIN")
    nell = Caller(url)
    token = invited(ann, nell.email, "ANALYST")
    assert [each["status"] for each in rows(wired, owner, "users", "status")] == ["active", "active", "invited"]
    accepts(nell, token)
    owner.mutates("changeMemberRole", {"user": str(nell.user), "role": "MARKETER"})
    robot = service_account(owner, "Importer", "ANALYST")
    owner.mutates("removeMember", {"user": str(ann.user)})
    users = {row["user_id"]: row for row in rows(wired, owner, "users", "user_id", "kind", "service", "status")}
    assert {(row["kind"], row["service"], row["status"]) for row in users.values()} == {
        ("person", None, "active"),
        ("person", None, "removed"),
        ("service", "Importer", "active"),
    }
    assert users[ann.user]["status"] == "removed"
    members = {row["user_id"]: row for row in rows(wired, owner, "memberships", "*")}
    assert (members[nell.user]["role"], members[nell.user]["given_by"], members[nell.user]["vouched"]) == (
        "marketer",
        f"user:{owner.user}",
        True,
    )
    assert (members[ann.user]["role"], members[ann.user]["ended_by"]) == ("admin", f"user:{owner.user}")
    assert {str(user) for user in members} == {str(owner.user), str(ann.user), str(nell.user), robot}
    listed = rows(wired, owner, "invitations", "user_id", "invited_by", "role", "status")
    assert {(row["user_id"], row["invited_by"], row["role"], row["status"]) for row in listed} == {
        (ann.user, owner.user, "admin", "accepted"),
        (nell.user, ann.user, "analyst", "accepted"),
    }
    holds(wired, owner)


def test_a_keys_life_is_in_the_views(owner: Caller, wired: System) -> None:
    program = api_key(owner, "brand:read", "campaign:read", expiresInDays=7)
    owner.mutates("revokeApiKey", {"key": program.session["id"], "reason": "It leaked."})
    (row,) = rows(wired, owner, "api_keys", "*")
    assert (str(row["api_key"]), row["holder"], row["name"], row["prefix"], row["scopes"]) == (
        program.session["id"],
        owner.user,
        "Nightly",
        program.session["key"][:8],
        ["brand:read", "campaign:read"],
    )
    assert (row["created_by"], row["revoked_by"], row["revoked_reason"]) == (
        f"user:{owner.user}",
        f"user:{owner.user}",
        "It leaked.",
    )
    assert (row["expires_at"] - row["created_at"]).days == 7
    holds(wired, owner)


def test_who_was_erased_stays_so_in_the_views(owner: Caller, wired: System) -> None:
    nell = joined(owner, "ANALYST")
    owner.asks("mutation($u: ID!) { eraseSubject(input: {user: $u}) { __typename } }", u=str(nell.user))
    statuses = {row["user_id"]: row["status"] for row in rows(wired, owner, "users", "user_id", "status")}
    assert statuses == {owner.user: "active", nell.user: "erased"}
    holds(wired, owner)
