"""One document signs in at most once, however it is written."""

from __future__ import annotations

import pytest
from graphql import parse
from graphql.language import OperationDefinitionNode

from umt.api.graphql.limits import SIGN_INS, too_large
from umt.api.graphql.schema import SCHEMA
from umt.api.graphql.validation import errors

LOGIN = 'login(input: {email: "a@example.com", password: "x"}) { token }'
REFRESH = "refresh(input: {}) { token }"

SEVERAL = {
    "by aliases": f"mutation {{ {' '.join(f'a{n}: {LOGIN}' for n in range(50))} }}",
    "the same field": f"mutation {{ {LOGIN} {LOGIN} }}",
    "of two kinds": f"mutation {{ {LOGIN} {REFRESH} }}",
    "in a fragment that is spread twice": f"mutation {{ ...F ... on Mutation {{ ...F }} }} fragment F on Mutation {{ a: {LOGIN} }}",
    "in an inline fragment": f"mutation {{ {LOGIN} ... {{ b: {REFRESH} }} }}",
    "in two operations": f"mutation A {{ {LOGIN} }} mutation B {{ {LOGIN} }}",
}  # fmt: skip


@pytest.mark.parametrize("how", SEVERAL)
def test_several_are_refused(how: str) -> None:
    (error,) = errors(SCHEMA._schema, parse(SEVERAL[how]))
    assert "login" in error.message
    assert "a document of its own" in error.message


@pytest.mark.parametrize("field", sorted(SIGN_INS))
def test_each_of_the_table_is_a_mutation_and_is_counted(field: str) -> None:
    assert SCHEMA._schema.mutation_type
    assert field in SCHEMA._schema.mutation_type.fields
    assert too_large(parse(f"mutation {{ {field} {{ token }} }}")) is None
    assert too_large(parse(f"mutation {{ {field} {{ token }} b: {field} {{ token }} }}"))


def test_one_beside_others_goes() -> None:
    document = parse(f"mutation {{ {LOGIN} logout(input: {{}}) {{ sessions }} }}")
    assert isinstance(document.definitions[0], OperationDefinitionNode)
    assert errors(SCHEMA._schema, document) == []


def test_every_mutation_that_answers_a_session_is_in_the_table() -> None:
    mutations = SCHEMA._schema.mutation_type
    assert mutations
    assert {name for name, field in mutations.fields.items() if str(field.type) == "Session"} == SIGN_INS
