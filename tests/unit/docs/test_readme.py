"""What the README promises to those who only read it."""

from __future__ import annotations

import re

from tests.unit.docs.generated import ROOT

from umt.adapters.postgres.roles import GROUPS, role_statements

README = (ROOT / "README.md").read_text()


def test_it_begins_with_the_two_commands() -> None:
    first = re.findall(r"^```\n(.*?)^```", README, re.DOTALL | re.MULTILINE)[0]
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["make demo", "make test"]
    assert README.index("make demo") < 300


def test_every_target_that_is_named_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE)) <= targets


def test_it_makes_the_roles_and_grants_that_a_database_needs() -> None:
    sql = " ".join(re.findall(r"^```sql\n(.*?)^```", README, re.DOTALL | re.MULTILINE)[0].split())
    wanted = [s.replace('"', "") for s in role_statements("marketing", "umt") if s.startswith("GRANT")]
    assert [s for s in wanted if f"{s};" not in sql] == []
    assert [role for role in GROUPS if f"CREATE ROLE {role} NOLOGIN;" not in sql] == []
