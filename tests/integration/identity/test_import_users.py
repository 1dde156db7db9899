"""`umt import users`: people who had accounts elsewhere come in with their passwords."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import bcrypt
import pytest
from argon2 import PasswordHasher
from tests.integration.api.client import PASSWORD, Caller
from tests.integration.identity.team import signs_in

from umt.bootstrap import System

BCRYPT = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
ARGON2 = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)


@pytest.fixture
def owner(url: str) -> Caller:
    return Caller(url).registers()


def imported(wired: System, file: Path, workspace: object) -> tuple[int, dict[str, Any], str]:
    """Exit status, what --json printed, and what was said."""
    command = [sys.executable, "-m", "umt.cli.main", "import", "users", str(file), "--workspace", str(workspace)]
    done = subprocess.run(
        [*command, "--json", "--data-dir", str(wired.settings.data_dir)],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("UMT_")},
    )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def written(folder: Path, *rows: str, header: str = "email,name,role,password_hash") -> Path:
    file = folder / "users.csv"
    file.write_text("\n".join((header, *rows, "")))
    return file


def test_people_come_in_with_their_passwords_and_once(owner: Caller, wired: System, url: str, tmp_path: Path) -> None:
    ann, bob = f"ann-{uuid4()}@example.com", f"bob-{uuid4()}@example.com"
    file = written(tmp_path, f"{ann},Ann,Marketer,{BCRYPT}", "", f'{bob},"Bob, B.",admin,"{ARGON2}"')
    status, report, _ = imported(wired, file, owner.workspace)
    assert (status, report) == (
        0,
        {"rows": 2, "imported": 2, "unchanged": 0, "rejected": [], "workspace": str(owner.workspace)},
    )
    for email, role in ((ann, "marketer"), (bob, "admin")):
        session = signs_in(url, email).json()
        assert (session["workspace"], session["role"]) == (str(owner.workspace), role)
        assert signs_in(url, email, "not the password").status_code == 401
    status, report, _ = imported(wired, file, owner.workspace)
    assert (status, report["imported"], report["unchanged"]) == (0, 0, 2)
    names = [
        m["user"]["name"] for m in owner.asks("{ workspace { members { user { name } } } }")["workspace"]["members"]
    ]
    assert names == ["Pat", "Ann", "Bob, B."]


def test_the_same_people_come_into_another_workspace(owner: Caller, wired: System, url: str, tmp_path: Path) -> None:
    ann, elsewhere = f"ann-{uuid4()}@example.com", Caller(url).registers()
    file = written(tmp_path, f"{ann},Ann,analyst,{BCRYPT}")
    for workspace in (owner.workspace, elsewhere.workspace):
        status, report, _ = imported(wired, file, workspace)
        assert (status, report["imported"]) == (0, 1)
    assert {each["id"] for each in signs_in(url, ann).json()["workspaces"]} == {
        str(owner.workspace),
        str(elsewhere.workspace),
    }


def test_who_registered_an_address_that_may_not_be_theirs_does_not_come_in_by_it(
    owner: Caller, wired: System, url: str, tmp_path: Path
) -> None:
    squatter = Caller(url).registers()
    of_ann = bcrypt.hashpw(b"what Ann knows", bcrypt.gensalt(4)).decode()
    bob = f"bob-{uuid4()}@example.com"
    file = written(tmp_path, f"{squatter.email.upper()},Ann,admin,{of_ann}", f"{bob},Bob,analyst,{BCRYPT}")
    status, report, _ = imported(wired, file, owner.workspace)
    assert (status, report["imported"]) == (2, 1)
    (rejected,) = report["rejected"]
    assert (rejected["line"], rejected["column"]) == (2, "email")
    assert "inviteMember" in rejected["reason"]
    assert squatter.email not in json.dumps(report).casefold()
    (theirs,) = signs_in(url, squatter.email).json()["workspaces"]
    assert theirs["id"] == str(squatter.workspace)
    assert signs_in(url, squatter.email, "what Ann knows").status_code == 401
    assert len(owner.asks("{ workspace { members { role } } }")["workspace"]["members"]) == 2


def test_what_is_wrong_with_a_row_is_told_by_line_and_column_and_the_rest_comes_in(
    owner: Caller, wired: System, url: str, tmp_path: Path
) -> None:
    good = f"good-{uuid4()}@example.com"
    file = written(
        tmp_path,
        f"not an address,Ann,admin,{BCRYPT}",
        f"ann@example.com,Ann,superuser,{BCRYPT}",
        "ann@example.com,Ann,admin,5f4dcc3b5aa765d61d8327deb882cf99",
        'ann@example.com,Ann,admin,"$argon2id$v=19$m=99999999,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g"',
        "ann@example.com,Ann,admin,$2b$31$" + "a" * 53,
        "ann@example.com,Ann,admin",
        f"ann@example.com, ,admin,{BCRYPT}",
        f"{good},Good,analyst,{BCRYPT}",
    )
    status, report, said = imported(wired, file, owner.workspace)
    assert (status, report["rows"], report["imported"]) == (2, 8, 1)
    assert [(each["line"], each["column"]) for each in report["rejected"]] == [
        (2, "email"),
        (3, "role"),
        (4, "password_hash"),
        (5, "password_hash"),
        (6, "password_hash"),
        (7, None),
        (8, "name"),
    ]
    assert "5f4dcc3b" not in json.dumps(report) + said
    assert "not an address" not in json.dumps(report) + said
    assert signs_in(url, good).status_code == 200


@pytest.mark.parametrize(
    ("header", "rows"),
    [("email,name,role", ["a,b,c"]), ("email,email,name,role,password_hash", ["a,a,b,c,d"]), ("", [])],
)
def test_a_file_that_is_none_of_users_is_refused(
    owner: Caller, wired: System, tmp_path: Path, header: str, rows: list[str]
) -> None:
    status, report, said = imported(wired, written(tmp_path, *rows, header=header), owner.workspace)
    assert (status, report) == (2, {})
    assert "users.csv" in said


def test_a_workspace_that_is_not_there_is_said(wired: System, tmp_path: Path) -> None:
    file = written(tmp_path, f"ann@example.com,Ann,admin,{BCRYPT}")
    status, _, said = imported(wired, file, uuid4())
    assert (status, "there is no workspace" in said) == (2, True)
