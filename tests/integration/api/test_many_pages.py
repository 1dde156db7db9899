"""What one request may read at most, and that it is enough."""

from __future__ import annotations

from graphql import get_introspection_query
from tests.integration.api.client import Caller
from tests.unit.api.test_bombs import doubled


def test_many_pages_are_refused(caller: Caller) -> None:
    for _ in range(5):
        campaign = caller.campaign(caller.brand())
    position = caller.mutates("archiveCampaign", {"campaign": campaign}, "position")["position"]
    aliases = " ".join(
        f"a{n}: campaigns(atLeast: $p, first: 20) {{ nodes {{ history(first: 20) {{ nodes {{ text }} }} }} }}"
        for n in range(40)
    )
    answer = caller.posts(f"query($p: String) {{ {aliases} }}", {"p": position})
    assert {error["extensions"]["field"] for error in answer["errors"]} == {"first"}
    verified = caller.posts("{ " + " ".join(f"v{n}: verifyReadModels {{ holds }}" for n in range(5)) + " }")
    assert {error["extensions"]["field"] for error in verified["errors"]} == {"first"}


def test_what_tools_ask_is_answered(caller: Caller) -> None:
    query = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    assert len(caller.asks(query)["__schema"]["types"]) > 100
    assert caller.asks(doubled(99, "...F{n}")).keys() == {"clock"}
    fields = "brand { name } totals { spend } adSets { id } decisions(first: 1) { nodes { run } }"
    nodes = " ".join(f"c{n}: campaigns(first: 1) {{ nodes {{ id {fields} }} }}" for n in range(20))
    caller.asks(f"{{ {nodes} }}")
