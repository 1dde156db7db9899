"""The published schema as the linter and the comparer of frontend teams see it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.conformance.graphql.node import HERE, MODULES, ROOT, SCHEMA, run, told

pytestmark = pytest.mark.usefixtures("node")


def test_it_keeps_to_the_rules_of_graphql_eslint() -> None:
    program = MODULES / "eslint" / "bin" / "eslint.js"
    config = HERE / "eslint.config.mjs"
    done = run(program, "--config", config, "--format", "json", SCHEMA.relative_to(ROOT), cwd=ROOT)
    (linted,) = json.loads(done.stdout)
    assert [(found["ruleId"], found["line"], found["message"]) for found in linted["messages"]] == []
    assert done.returncode == 0, done.stderr


BREAKING = [
    ("a field that is gone", r"(type Brand implements Node \{.*?)(?:\n  \"\"\"[^\"]*\"\"\")?\n  description: String!", r"\1", "FIELD_REMOVED", "Brand.description"),
    ("a type that is gone", r"\nenum EffectStatus \{.*?\n\}\n", "\nscalar EffectStatus\n", "TYPE_KIND_CHANGED", "EffectStatus"),
    ("another type of a field", r"(type PageInfo \{.*?hasNextPage: )Boolean!", r"\1String!", "FIELD_TYPE_CHANGED", "PageInfo.hasNextPage"),
    ("a field that may be null now", r"(type Money \{.*?amount: Decimal)!", r"\1", "FIELD_TYPE_CHANGED", "Money.amount"),
    ("a value that is gone", r"(enum CampaignStatus \{.*?)(?:\n  \"\"\"[^\"]*\"\"\")?\n  PAUSED", r"\1", "ENUM_VALUE_REMOVED", "CampaignStatus.PAUSED"),
    ("an argument that is needed now", r"(type Query \{.*?\n  dashboard\()", r"\1currency: String!, ", "FIELD_ARGUMENT_ADDED", "Query.dashboard.currency"),
    ("a field of an input that is needed now", r"(\ninput DateRange \{)", r"\1\n  calendar: String!", "INPUT_FIELD_ADDED", "DateRange.calendar"),
    ("an interface that a type has no more", r"type Brand implements Node", "type Brand", "OBJECT_TYPE_INTERFACE_REMOVED", "Brand"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "kind", "path"), [b[1:] for b in BREAKING], ids=[b[0] for b in BREAKING])
def test_graphql_inspector_finds_a_breaking_change(tmp_path: Path, old: str, new: str, kind: str, path: str) -> None:
    changed, times = re.subn(old, new, SCHEMA.read_text(), count=1, flags=re.DOTALL)
    assert times == 1
    mutated = tmp_path / "schema.graphql"
    mutated.write_text(changed)
    assert {"type": kind, "path": path} in told("changes.mjs", SCHEMA, mutated)


def test_graphql_inspector_finds_nothing_where_nothing_changed() -> None:
    assert told("changes.mjs", SCHEMA, SCHEMA) == []
