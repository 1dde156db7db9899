"""What is said of a wrong document or variable never repeats the values: they may be secrets."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from umt.api.app import create_app
from umt.api.graphql.discretion import without_values
from umt.api.services import Services

S = "TOPSECRET"
CONNECT = "mutation($i: ConnectIntegrationInput!) { connectIntegration(input: $i) { position } }"
WHOLE = {"platform": "CMS", "account": "a", "credential": S}


def literal(value: str) -> str:
    return f"mutation {{ connectIntegration(input: {value}) {{ position }} }}"


WRONG: list[tuple[str, Any, str]] = [
    (CONNECT, {"platform": "CMS", "credential": S}, "required field 'account'."),
    (CONNECT, WHOLE | {"credential": {S: S}}, "at .credential: String cannot represent a non string value."),
    (CONNECT, WHOLE | {"credential": [S]}, "at .credential: String cannot represent a non string value."),
    (CONNECT, WHOLE | {"platform": S}, "at .platform: The value does not exist in 'Platform' enum."),
    (CONNECT, WHOLE | {"platform": f"{S}, found: {S} cannot represent value: {S}"}, "does not exist in 'Platform' enum."),
    (CONNECT, WHOLE | {"platform": {S: S}}, "Enum 'Platform' cannot represent non-string value."),
    (CONNECT, WHOLE | {"credentials": S}, "unknown field 'credentials'. Did you mean 'credential'?"),
    (CONNECT, WHOLE | {"x": S}, "unknown field 'x'."),
    (CONNECT, S, "to be an object."),
    (CONNECT, [S], "to be an object."),
    ("query($i: Int) { campaigns(first: $i) { nodes { id } } }", S, "Int cannot represent non-integer value."),
    ("query($i: Boolean!) { clock @skip(if: $i) { now } }", S, "Boolean cannot represent a non boolean value."),
    ("query($i: ID!) { brand(id: $i) { id } }", S, "An ID is written like"),
    (literal(f'{{platform: CMS, credential: "{S}"}}'), None, "required field 'account'."),
    (literal(f'{{platform: CMS, account: "a", credential: {{k: "{S}"}}}}'), None, "a non string value."),
    (literal(f'{{platform: CMS, account: "a", credential: ["{S}"]}}'), None, "a non string value."),
    (literal(f'{{platform: CMS, account: "a", credential: {S}}}'), None, "a non string value."),
    (literal(f'{{platform: {S}, account: "a", credential: "b"}}'), None, "does not exist in 'Platform' enum."),
    (literal(f'{{platform: "{S}", account: "a", credential: "b"}}'), None, "cannot represent non-enum value."),
    (literal(f'{{platform: CMS, account: "a", credential: "b", credentials: "{S}"}}'), None, "Did you mean 'credential'?"),
    (literal(f'"{S}"'), None, "to be an object."),
    (literal(f'{{account: "a" "{S}"}}'), None, "Syntax Error: Expected Name, found String."),
    (literal(f'{{account: """{S}\n\'{S}""" """{S}\n\'{S}"""}}'), None, "Syntax Error: Expected Name, found BlockString."),
    (literal(f"{{credential: hunter {S} x}}"), None, "Syntax Error: Expected ':', found Name."),
    (f'"{S}" "{S}" {{ clock {{ now }} }}', None, "Syntax Error: Unexpected String."),
]  # fmt: skip


@pytest.mark.parametrize(("query", "variable", "said"), WRONG)
async def test_a_value_is_not_repeated(query: str, variable: Any, said: str) -> None:
    nobody: Any = None
    app = create_app(
        Services(
            dispatcher=nobody,
            queries=nobody,
            live=nobody,
            identity=nobody,
            joining=nobody,
            erasing=nobody,
            signing_keys=nobody,
            clock=nobody,
        )
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://umt") as http:
        answer = await http.post("/graphql", json={"query": query, "variables": {"i": variable} if variable else None})
    assert S not in answer.text
    errors = answer.json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}
    assert any(said in error["message"] for error in errors), errors
    assert all(error["locations"] for error in errors if "Syntax" in said)


@pytest.mark.parametrize(
    "message",
    [
        "Cannot query field 'nothing' on type 'Query'.",
        "Variable '$c' of type 'String' used in position expecting type 'String!'.",
        "Variable '$i' has invalid value at .a[0]: Expected value of non-null type 'String!' not to be None.",
        "Syntax Error: Expected ':', found '}'.",
        "Syntax Error: Unexpected <EOF>.",
    ],
)
def test_what_repeats_nothing_is_said_as_it_is(message: str) -> None:
    assert without_values(message) == message
