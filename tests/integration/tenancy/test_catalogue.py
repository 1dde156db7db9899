"""What the database itself says: whose rows a role may see, what a function of the owner is for, and who writes the log.

The tables below are the whole truth, both ways: what is not in them fails, and so does what is in them no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import psycopg
import pytest
from tests.servers import reachable_folder

from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.postgres.roles import GROUPS
from umt.bootstrap import system
from umt.settings import Settings

SCHEMAS: Final = ["umt", "projection", "read_v1", "jobs"]
READERS: Final = ("umt_app", "umt_worker", "umt_data")

OF_NO_WORKSPACE: Final = {
    "umt.account": "a person signs in with one account wherever they are a member; read by functions only",
    "umt.sign_in_attempt": "who tries to sign in is of no workspace yet; touched by functions and housekeeping only",
    "umt.sign_in_place": "places of an account, which is of no workspace; touched by functions and housekeeping only",
    "umt.master_key": "a fingerprint of the installation's one key",
    "umt.wrapped_key": "the installation's own keys, sealed",
    "umt.signing_key": "the installation's own keys, sealed",
    "umt.agent_checkpoint": "how far an agent has read the log, over all workspaces",
    "umt.projection_checkpoint": "how far a projection has read the log, over all workspaces",
    "umt.breaker": "outside services, which workspaces share; the program sees those that it names, by a function",
    "umt.breaker_change": "the same services",
    "umt.process": "processes of the installation",
    "umt.retention_run": "counts of what was deleted, over all workspaces",
    "umt.published": "which views are made",
    "umt.schema_version": "which migrations are done",
    "jobs.procrastinate_workers": "processes of the installation",
    "jobs.procrastinate_periodic_defers": "no job of ours is periodic",
    "jobs.procrastinate_events": "when a job began and ended, by its number",
}
"""Tables without a column `workspace`, and why."""

EXECUTORS: Final = {
    "append": "app",
    "head": "app worker data",
    "position_at": "app worker data",
    "members_at": "app",
    "waits_since": "app worker data",
    "dead_letter_counts": "app",
    "hold_master_key": "app",
    "drop_signing_keys": "app",
    "sign_in": "app",
    "open_session": "app",
    "session_role": "app",
    "refresh_session": "app",
    "session_of": "app",
    "sessions_of_account": "app",
    "memberships_of_account": "app",
    "end_sessions": "app",
    "own_account": "app",
    "set_password": "app",
    "rehash_password": "app",
    "count_attempt": "app",
    "attempt_succeeded": "app",
    "authenticate_key": "app",
    "invitation_of": "app",
    "member_of": "app",
    "end_membership": "app",
    "refuse_erased_subject": "",
    "erase_subject": "app",
    "complete_erasures": "worker",
    "note_security_events": "app",
    "breakers": "app",
    "breaker_changes": "app",
}
"""Functions of the owner's (SECURITY DEFINER), and the roles that may execute them."""


@pytest.fixture(scope="module")
def catalogue() -> Iterator[psycopg.Connection[Any]]:
    """Of a server of our own: roles are of a whole server, and other tests make some."""
    with (
        reachable_folder() as folder,
        system(Settings(data_dir=folder / "data")) as made,
        connect(made.url, OWNER) as connection,
    ):
        yield connection


# A job's workspace is in its arguments.
TABLES: Final = """
    SELECT c.oid, n.nspname || '.' || c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
           n.nspname || '.' || c.relname = 'jobs.procrastinate_jobs'
           OR EXISTS (SELECT FROM pg_attribute a
                      WHERE a.attrelid = c.oid AND a.attname = 'workspace' AND NOT a.attisdropped) AS of_workspace
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p')
"""


def test_each_table_is_of_a_workspace_or_says_why_not(catalogue: psycopg.Connection[Any]) -> None:
    tables = catalogue.execute(TABLES, (SCHEMAS,)).fetchall()
    assert {name for _, name, _, of_workspace in tables if not of_workspace} == set(OF_NO_WORKSPACE)
    assert len(tables) > len(OF_NO_WORKSPACE) + 20


def test_each_table_of_a_workspace_has_forced_row_security(catalogue: psycopg.Connection[Any]) -> None:
    tables = catalogue.execute(TABLES, (SCHEMAS,)).fetchall()
    assert [name for _, name, forced, of_workspace in tables if of_workspace and not forced] == []
    assert [name for _, name, forced, _ in tables if name.startswith("jobs.") and not forced] == []


def test_each_role_with_a_right_on_a_workspaces_table_has_a_policy_there(catalogue: psycopg.Connection[Any]) -> None:
    lacking = catalogue.execute(
        f"SELECT t.name, r.rolname FROM ({TABLES}) t, pg_roles r"
        " WHERE t.of_workspace AND r.rolname = ANY (%s)"
        " AND (has_table_privilege(r.oid, t.oid, 'SELECT, INSERT, UPDATE, DELETE')"
        "  OR has_any_column_privilege(r.oid, t.oid, 'SELECT, INSERT, UPDATE'))"
        " AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND r.oid = ANY (p.polroles))",
        (SCHEMAS, list(GROUPS)),
    ).fetchall()
    assert lacking == []


def test_policies_let_the_program_and_data_teams_see_their_own_only(catalogue: psycopg.Connection[Any]) -> None:
    """The program is bound by the transaction's workspace, a data team by who it is; nobody's policy is for PUBLIC."""
    policies = catalogue.execute(
        "SELECT p.schemaname || '.' || p.tablename, r.role, coalesce(p.qual, p.with_check), p.with_check, p.cmd"
        " FROM pg_policies p, unnest(p.roles) AS r (role) WHERE p.schemaname = ANY (%s)",
        (SCHEMAS,),
    ).fetchall()
    assert {role for _, role, *_ in policies} <= set(GROUPS)
    bounds = {"umt_app": "current_workspace()", "umt_data": "CURRENT_USER"}
    loose = [
        (table, role, using, check)
        for table, role, using, check, command in policies
        if role in bounds and table not in OF_NO_WORKSPACE
        for condition in ((using,) if check is None else (using, check))
        if bounds[role] not in condition
    ]
    assert loose == []


def test_views_ask_as_the_reader_and_nothing_is_materialized(catalogue: psycopg.Connection[Any]) -> None:
    views = catalogue.execute(
        "SELECT n.nspname || '.' || c.relname, c.relkind, coalesce(c.reloptions, '{}')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = ANY (%s) AND c.relkind IN ('v', 'm')",
        (SCHEMAS,),
    ).fetchall()
    assert [name for name, kind, options in views if kind != "v" or "security_invoker=true" not in options] == []
    assert len(views) > 15


DEFINERS: Final = """
    SELECT p.oid, n.nspname || '.' || p.proname AS name, p.proname, coalesce(p.proconfig, '{}') AS config
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


def test_functions_of_the_owner_mean_what_they_say_whoever_calls(catalogue: psycopg.Connection[Any]) -> None:
    found = catalogue.execute(DEFINERS).fetchall()
    assert [name for _, name, _, config in found if "search_path=pg_catalog, pg_temp" not in config] == []


def test_who_may_execute_functions_of_the_owner(catalogue: psycopg.Connection[Any]) -> None:
    """By the rights themselves: `has_function_privilege` would count one of PUBLIC for each role alike."""
    granted = catalogue.execute(
        f"SELECT d.proname, array_agg(coalesce(r.rolname, 'PUBLIC')) FILTER (WHERE a.grantee <> p.proowner)"
        f" FROM ({DEFINERS}) d JOIN pg_proc p USING (oid)"
        " CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
        " LEFT JOIN pg_roles r ON r.oid = a.grantee GROUP BY d.oid, d.proname"
    ).fetchall()
    assert {name: set(roles or ()) for name, roles in granted} == {
        name: {f"umt_{role}" for role in roles.split()} for name, roles in EXECUTORS.items()
    }
    owners = catalogue.execute(
        f"SELECT DISTINCT pg_get_userbyid(p.proowner) FROM ({DEFINERS}) d JOIN pg_proc p USING (oid)"
    ).fetchall()
    assert owners == [(OWNER,)]


def test_public_has_no_right_on_any_table_or_view(catalogue: psycopg.Connection[Any]) -> None:
    rights = catalogue.execute(
        "SELECT n.nspname || '.' || c.relname, a.privilege_type FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) a"
        " WHERE n.nspname = ANY (%s) AND a.grantee = 0",
        (SCHEMAS,),
    ).fetchall()
    assert rights == []


def test_nobody_but_the_owner_writes_the_log(catalogue: psycopg.Connection[Any]) -> None:
    writers = catalogue.execute(
        "SELECT r.rolname, p.privilege FROM pg_roles r,"
        " unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p (privilege)"
        " WHERE NOT r.rolsuper AND has_table_privilege(r.oid, 'umt.event', p.privilege)"
        " OR r.rolname = ANY (%s) AND p.privilege IN ('INSERT', 'UPDATE', 'REFERENCES')"
        "  AND has_any_column_privilege(r.oid, 'umt.event', p.privilege)",
        (list(READERS),),
    ).fetchall()
    assert {role for role, _ in writers} <= {OWNER, "pg_write_all_data", "pg_maintain"}
    assert [role for role, _ in writers if role in READERS] == []


def test_no_role_of_ours_is_above_row_security_or_another_role(catalogue: psycopg.Connection[Any]) -> None:
    roles = catalogue.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)"
        " AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR rolcanlogin)",
        (list(GROUPS),),
    ).fetchall()
    members = catalogue.execute(
        "SELECT member::regrole::text, roleid::regrole::text FROM pg_auth_members"
        " WHERE member::regrole::text = ANY (%s) OR roleid::regrole::text = ANY (%s)",
        (list(GROUPS), [OWNER]),
    ).fetchall()
    login = catalogue.execute("SELECT session_user").fetchone()
    assert roles == []
    assert members == [(*(login or ()), OWNER)], "only the login that migrates may become the owner"


def test_only_the_owner_makes_things_in_our_schemas(catalogue: psycopg.Connection[Any]) -> None:
    makers = catalogue.execute(
        "SELECT r.role, s.schema FROM unnest(%s::text[]) AS r (role), unnest(%s::text[]) AS s (schema)"
        " WHERE has_schema_privilege(r.role, s.schema, 'CREATE')",
        (list(READERS), [*SCHEMAS, "public"]),
    ).fetchall()
    assert makers == []
