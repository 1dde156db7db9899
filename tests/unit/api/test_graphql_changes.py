"""Every kind of change that breaks a query is found, and so is what may surprise who sends one."""

from __future__ import annotations

import pytest
from graphql import build_schema
from graphql.utilities import BreakingChangeType, DangerousChangeType, find_breaking_changes, find_dangerous_changes

from umt.api.app import graphql_schema
from umt.api.graphql_changes import graphql_changes

SCHEMA = """
directive @tagged(name: String, note: String) repeatable on OBJECT | FIELD_DEFINITION
directive @requires(permission: String!) on FIELD_DEFINITION
directive @spare on OBJECT

interface Node { id: ID! }

enum Colour { RED GREEN }

input Filter { name: String, size: Int! = 10, colour: Colour }

type Brand implements Node { id: ID!, name: String!, slogan: String, tags: [String!]! }

type Campaign implements Node { id: ID! }

union Found = Brand | Campaign

type Query {
  brand(id: ID!): Brand @requires(permission: "brand:read")
  brands(filter: Filter, first: Int! = 20, after: String): [Brand!]!
  found: Found
  colour: Colour
}
"""

BREAKING = {
    ("type Campaign implements Node { id: ID! }\n\nunion Found = Brand | Campaign", "union Found = Brand"): "Campaign was removed.",
    ("enum Colour { RED GREEN }", "scalar Colour"): "Colour changed from an Enum type to a Scalar type.",
    ("union Found = Brand | Campaign", "union Found = Brand"): "Campaign was removed from union type Found.",
    ("RED GREEN", "RED"): "Enum value Colour.GREEN was removed.",
    ("input Filter { name", "input Filter { kind: Int!, name"): "A required field Filter.kind was added.",
    ("type Campaign implements Node", "type Campaign"): "Campaign no longer implements interface Node.",
    (", slogan: String", ""): "Field Brand.slogan was removed.",
    ("name: String!, slogan", "name: String, slogan"): "Field Brand.name changed type from String! to String.",
    ("tags: [String!]!", "tags: [String]!"): "Field Brand.tags changed type from [String!]! to [String]!.",
    ("name: String, size", "name: String!, size"): "Field Filter.name changed type from String to String!.",
    (", colour: Colour }", "}"): "Field Filter.colour was removed.",
    ("after: String)", "after: String, order: Int!)"): "A required argument Query.brands(order:) was added.",
    (", after: String)", ")"): "Argument Query.brands(after:) was removed.",
    ("after: String)", "after: Int)"): "Argument Query.brands(after:) has changed type from String to Int.",
    ("directive @spare on OBJECT", ""): "Directive @spare was removed.",
    ("name: String, note: String)", "name: String)"): "Argument @tagged(note:) was removed.",
    ("note: String)", "note: String, by: Int!)"): "A required argument @tagged(by:) was added.",
    (" repeatable", ""): "Repeatable flag was removed from @tagged.",
    ("OBJECT | FIELD_DEFINITION", "OBJECT"): "FIELD_DEFINITION was removed from @tagged.",
    ("first: Int! = 20", "first: Int!"): "Argument Query.brands(first:) lost its default and is required.",
    ("size: Int! = 10", "size: Int!"): "Field Filter.size lost its default and is required.",
}  # fmt: skip
SURPRISING = {
    ("RED GREEN", "RED GREEN BLUE"): "Enum value Colour.BLUE was added.",
    ("union Found = Brand | Campaign", "type Other { a: Int }\nunion Found = Brand | Campaign | Other"): "Other was added to union type Found.",
    ("input Filter { name", "input Filter { kind: Int, name"): "An optional field Filter.kind was added.",
    ("after: String)", "after: String, order: Int)"): "An optional argument Query.brands(order:) was added.",
    ("type Campaign implements Node {", "interface Named { id: ID! }\ntype Campaign implements Node & Named {"): "Named added to interfaces implemented by Campaign.",
    ("first: Int! = 20", "first: Int! = 50"): "Query.brands(first:) has changed defaultValue from 20 to 50.",
    ("size: Int! = 10", "size: Int! = 11"): "Filter.size has changed defaultValue from 10 to 11.",
    ('"brand:read"', '"brand:write"'): 'Field Query.brand says @requires(permission: "brand:write") of what it needs; it said @requires(permission: "brand:read").',
    (' @requires(permission: "brand:read")', ""): 'Field Query.brand says nothing of what it needs; it said @requires(permission: "brand:read").',
}  # fmt: skip


def changed(planted: tuple[str, str]) -> str:
    before, after = planted
    assert SCHEMA.count(before) == 1
    return SCHEMA.replace(before, after)


def found(new: str, *, breaking: bool) -> list[str]:
    return [change.text for change in graphql_changes(SCHEMA.encode(), new.encode()) if change.breaks is breaking]


@pytest.mark.parametrize("planted", BREAKING)
def test_a_planted_breaking_change_is_found(planted: tuple[str, str]) -> None:
    assert BREAKING[planted] in found(changed(planted), breaking=True)


def test_every_kind_of_breaking_change_was_planted() -> None:
    old = build_schema(SCHEMA)
    kinds = {change.type for each in BREAKING for change in find_breaking_changes(old, build_schema(changed(each)))}
    assert kinds == set(BreakingChangeType)


@pytest.mark.parametrize("planted", SURPRISING)
def test_what_may_surprise_is_told_and_breaks_nothing(planted: tuple[str, str]) -> None:
    assert found(changed(planted), breaking=True) == []
    assert found(changed(planted), breaking=False) == [SURPRISING[planted]]


def test_every_kind_of_dangerous_change_was_planted() -> None:
    old = build_schema(SCHEMA)
    kinds = {change.type for each in SURPRISING for change in find_dangerous_changes(old, build_schema(changed(each)))}
    assert kinds == set(DangerousChangeType)


def test_a_schema_that_stays_has_not_changed() -> None:
    assert list(graphql_changes(graphql_schema().encode(), graphql_schema().encode())) == []


def test_another_description_changes_nothing() -> None:
    assert found(SCHEMA.replace("type Brand", '"A brand." type Brand'), breaking=True) == []
