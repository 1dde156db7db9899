"""A mutation shows the thing as it left it, whatever others do to it meanwhile or have done since."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.integration.api.client import Caller

SHOWN = "position brand { name description version position createdAt updatedAt }"
THEN = "query($id: ID!, $at: String) { brand(id: $id, asOf: { position: $at }) { name description version position createdAt updatedAt } }"
NOW = "query($id: ID!, $at: String) { brand(id: $id, atLeast: $at) { name version position createdAt updatedAt } }"


def described(caller: Caller, brand: str, description: str, **more: Any) -> Any:
    given = {"brand": brand, "description": description, "industry": {"name": "Outdoor"}}
    return caller.mutates("describeBrand", given, SHOWN, **more)


def then(caller: Caller, brand: str, position: str) -> Any:
    return caller.asks(THEN, id=brand, at=position)["brand"]


def test_everybody_is_shown_their_own_change(caller: Caller, url: str) -> None:
    brand = caller.brand()
    callers = [Caller(url) for _ in range(4)]
    for each in callers:
        each.http.headers["Authorization"] = caller.http.headers["Authorization"]

    def changes(who: int) -> list[tuple[str, Any]]:
        texts = [f"{who} {n}" for n in range(10)]
        return [(text, described(callers[who], brand, text)) for text in texts]

    with ThreadPoolExecutor(4) as threads:
        found = [each for some in threads.map(changes, range(4)) for each in some]
    assert [answer["brand"]["description"] for _, answer in found] == [text for text, _ in found]
    for _, answer in found:
        assert answer["brand"]["position"] == answer["position"]
        assert then(caller, brand, answer["position"]) == answer["brand"]


def test_a_repeated_mutation_shows_what_the_first_one_did(caller: Caller) -> None:
    brand = caller.brand()
    first = described(caller, brand, "first", key="k1")
    described(caller, brand, "second")
    again = described(caller, brand, "first", key="k1")
    assert again == first
    assert then(caller, brand, again["position"]) == again["brand"]


def test_what_changes_nothing_shows_where_the_thing_last_changed(caller: Caller) -> None:
    brand = caller.brand("Shoes")
    made = caller.mutates("renameBrand", {"brand": brand, "name": "Boots"}, SHOWN)
    caller.brand()
    same = caller.mutates("renameBrand", {"brand": brand, "name": "Boots"}, SHOWN)
    assert same["brand"] == made["brand"]
    found = caller.asks(NOW, id=brand, at=same["position"])["brand"]
    assert {**made["brand"], **found} == made["brand"]
