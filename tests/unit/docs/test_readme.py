"""What the README promises to those who only read it."""

from __future__ import annotations

import re

from tests.unit.docs.generated import ROOT

from umt.adapters.postgres.embedded import role_statements

README = (ROOT / "README.md").read_text()


def test_it_begins_with_the_two_commands() -> None:
    first = re.findall(r"^```\n(.*?)^```", README, re.DOTALL | re.MULTILINE)[0]
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["make demo", "make test"]
    assert README.index("make demo") < 300


def test_every_target_that_is_named_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE)) <= targets


def test_it_grants_what_the_embedded_database_grants() -> None:
    """The same roles and grants, for a database and a login of other names."""
    sql = " ".join(re.findall(r"^```sql\n(.*?)^```", README, re.DOTALL | re.MULTILINE)[0].split())
    wanted = [s.replace('"', "") for s in role_statements("marketing", "umt") if not s.startswith("DO ")]
    grants = [s for s in wanted if s.startswith(("GRANT", "REVOKE"))]
    assert [s for s in grants if f"{s};" not in sql] == []
    for role in re.findall(r"CREATE ROLE (\w+)", " ".join(role_statements()).replace('"', "")):
        assert f"CREATE ROLE {role} " in sql
