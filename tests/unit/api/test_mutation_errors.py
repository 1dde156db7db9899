"""A mutation's codes are those that its command can be refused for: each of them, and no other."""

from __future__ import annotations

import pytest
from graphql import GraphQLEnumType, GraphQLNonNull, GraphQLObjectType, build_schema
from tests.unit.api.derived_refusals import OF_AGENTS, PORT, refusals_of, refused_by_adapters

from umt.api.app import graphql_schema
from umt.application.commands import COMMANDS
from umt.application.permissions import ROLES

SCHEMA = build_schema(graphql_schema())
FOR_PEOPLE = {
    name: command
    for name, command in COMMANDS.items()
    if name[0] != "_" and ROLES[command.permission] and name not in OF_AGENTS
}
NOT_AS_THINGS_ARE = {
    # Only invitations that are still open are revoked, and only an owner, who is above everybody, may erase.
    "EraseSubject": {"ALREADY_EXISTS", "OUT_OF_REACH"},
}
"""What the sources do refuse, but never in this command."""


def codes(mutation: str) -> set[str]:
    kind = SCHEMA.type_map[f"{mutation}ErrorCode"]
    assert isinstance(kind, GraphQLEnumType)
    return set(kind.values)


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_every_code_that_a_command_can_give_is_one_of_its_mutations(name: str) -> None:
    found = refusals_of(FOR_PEOPLE[name]) - NOT_AS_THINGS_ARE.get(name, set())
    assert codes(name) == found | {"INVALID_VALUE", "CONFLICT"}


def test_what_the_transaction_refuses_is_known() -> None:
    of_any_value = ("encode", "InvalidValue")  # U+0000, which no input lets through
    known = {(method, refusal) for method, refusals in PORT.items() for refusal in refusals}
    checks = {
        ("decide", "NotFound"): ("get", "NotFound"),
        ("decide", "VersionConflict"): (),
        ("create", "VersionConflict"): (),
    }
    written = {pair for pair in known if pair not in checks}
    assert set(refused_by_adapters()) == written | {of_any_value, ("_check_expected_version", "VersionConflict")}


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_a_payload_has_errors_of_its_mutations_own(name: str) -> None:
    mutations = SCHEMA.mutation_type
    assert mutations
    field = mutations.fields[f"{name[0].lower()}{name[1:]}"]
    assert {"input", "idempotencyKey", "expectedVersion"} == set(field.args)
    payload = field.type
    assert isinstance(payload, GraphQLObjectType), (
        "it is nullable, so that one that fails leaves the others their results"
    )
    assert payload.name == f"{name}Payload"
    assert [each.name for each in payload.interfaces] == ["MutationPayload"]
    assert str(payload.fields["errors"].type) == f"[{name}Error!]!"
    error = SCHEMA.type_map[f"{name}Error"]
    assert isinstance(error, GraphQLObjectType)
    assert [each.name for each in error.interfaces] == ["MutationError"]
    assert str(error.fields["code"].type) == f"{name}ErrorCode!"
    must_be = {field for field, about in payload.fields.items() if isinstance(about.type, GraphQLNonNull)}
    assert must_be == {"repeated", "errors"}
