"""When a thing was set up and last changed is the same whoever answers: a mutation, a list, its page, or the past."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.api.client import Caller

TIMES = "id version createdAt updatedAt"
CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "brand": ("describeBrand", {"description": "Shoes for trails.", "industry": {"name": "Outdoor"}}),
    "campaign": ("reviseCampaign", {"name": "Summer"}),
    "content": ("archiveContent", {}),
}


@pytest.fixture
def things(caller: Caller) -> dict[str, str]:
    brand = caller.brand()
    return {"brand": brand, "campaign": caller.campaign(brand), "content": caller.content(brand)}


@pytest.mark.parametrize("kind", CHANGES)
def test_they_are_told_alike(caller: Caller, things: dict[str, str], kind: str) -> None:
    def now(arguments: str = "") -> dict[str, Any]:
        found: dict[str, Any] = caller.asks(
            f"query($id: ID!) {{ {kind}(id: $id{arguments}) {{ {TIMES} }} }}", id=things[kind]
        )[kind]
        return found

    mutation, given = CHANGES[kind]
    shown = caller.mutates(mutation, {kind: things[kind], **given}, f"position {kind} {{ {TIMES} }}")
    position, left = shown["position"], shown[kind]
    here = now(f', atLeast: "{position}"')
    assert left == here
    assert here["createdAt"] < here["updatedAt"]
    assert now(f', asOf: {{ position: "{position}" }}') == here
    before = now(", asOf: { version: 1 }")
    assert (before["createdAt"], before["version"]) == (here["createdAt"], 1)
    assert before["createdAt"] <= before["updatedAt"] < here["updatedAt"]
    assert caller.asks(f"{{ {kind}s(first: 10) {{ nodes {{ {TIMES} }} }} }}")[f"{kind}s"]["nodes"] == [here]
