"""What is small to ask for and large to take or to tell is refused, and nothing of it is done."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.api.client import Caller

from umt.api.graphql.execution import cost
from umt.api.graphql.limits import MOST_GIVEN
from umt.domain.values import MOST

AUDIENCES = "query($id: ID!) { brand(id: $id) { name audiences { name interests } } }"


def defined(caller: Caller, brand: str, count: int, **more: Any) -> dict[str, Any]:
    audiences = [{"name": f"Group {n}", **more} for n in range(count)]
    query = "mutation($input: DefineAudiencesInput!) { defineAudiences(input: $input) { position } }"
    return caller.posts(query, {"input": {"brand": brand, "audiences": audiences}})


def test_many_values_are_refused_before_they_are_looked_at(caller: Caller) -> None:
    brand = caller.brand()
    (error,) = defined(caller, brand, MOST_GIVEN)["errors"]
    assert error["message"] == "The variables hold more than 5,000 values; send them in parts."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("variables", [{"a": {}}, {"a": [[]] * 3000}, {"a": {f"k{n}": [n] for n in range(2499)}}])
def test_unused_variables_are_counted_as_well(caller: Caller, variables: dict[str, Any]) -> None:
    asked = caller.posts("{ __typename }", variables)
    assert asked == {"data": {"__typename": "Query"}}
    assert "errors" in caller.posts("{ __typename }", {**variables, "b": [1] * MOST_GIVEN})


def test_a_thing_has_no_endless_lists(caller: Caller) -> None:
    brand = caller.brand()
    (error,) = defined(caller, brand, MOST + 1)["errors"]
    assert (error["extensions"]["domainCode"], error["extensions"]["field"]) == ("INVALID_VALUE", "audiences")
    (error,) = defined(caller, brand, 1, interests=["shoes"] * (MOST + 1))["errors"]
    assert error["extensions"]["field"] == "audiences.0.interests"
    assert "errors" not in defined(caller, brand, MOST)


def test_an_answer_with_too_many_values_is_an_error_where_it_became_too_large(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = caller.brand()
    defined(caller, brand, 50, interests=["shoes"] * 10)
    assert "errors" not in caller.posts(AUDIENCES, {"id": brand})
    monkeypatch.setattr(cost, "MOST_VALUES", 500)
    answer = caller.posts(AUDIENCES, {"id": brand})
    assert answer["data"] == {"brand": None}
    assert {error["message"] for error in answer["errors"]} == {
        "The answer has more than 500 values; ask for smaller pages or fewer fields."
    }


def test_the_whole_schema_may_be_asked_for_once(caller: Caller) -> None:
    of_types = "{ name fields { name type { name } } }"
    several = " ".join(f"t{n}: types {of_types}" for n in range(20))
    assert "errors" not in caller.posts(f"{{ __schema {{ types {of_types} }} }}")
    (error,) = caller.posts(f"{{ __schema {{ {several} }} }}")["errors"]
    assert "introspections" in error["message"]
    fragment = f"fragment F on __Schema {{ {several} }}"
    assert "introspections" in caller.posts(f"{{ __schema {{ ...F }} }} {fragment}")["errors"][0]["message"]
