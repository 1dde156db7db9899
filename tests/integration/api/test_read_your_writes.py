"""A query that names the position of a command before it sees what that did, however many come at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.integration.api.client import Caller

CALLERS = 8


@pytest.mark.parametrize("pairs", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_no_answer_is_older_than_what_its_caller_wrote(url: str, pairs: int) -> None:
    callers = [Caller(url).registers() for _ in range(CALLERS)]
    brands = [caller.brand() for caller in callers]

    def stale(caller: Caller, brand: str) -> list[str]:
        """What was read and is not what was written just before: of the brand itself, and in a list."""
        found = []
        for number in range(pairs // CALLERS):
            name = f"Brand {number}"
            position = caller.mutates("renameBrand", {"brand": brand, "name": name})["position"]
            query = "query($b: ID!, $p: String) { brand(id: $b, atLeast: $p) { name } brands(first: 1, atLeast: $p) { nodes { name } } }"
            answer = caller.asks(query, b=brand, p=position)
            found += [n for n in (answer["brand"]["name"], answer["brands"]["nodes"][0]["name"]) if n != name]
        return found

    with ThreadPoolExecutor(CALLERS) as at_once:
        assert [name for names in at_once.map(stale, callers, brands) for name in names] == []
