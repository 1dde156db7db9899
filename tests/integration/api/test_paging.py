"""Whoever pages through a list while others write in it sees everything that is there all the time, once and in order.

What was there all the time is what was there before the first page and did neither leave the list nor move in it: a brand
that is archived leaves a list of those that are not, one that is renamed moves in a list by names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.integration.api.client import Caller

NAMES: Final = ["a", "B", "ä", "ＡＢ", "z", "Zz", "0", "ab c", "€", "𝒜"]
FIELDS: Final = ["CREATED_AT", "UPDATED_AT", "NAME"]
PAGE: Final = """
query($o: BrandOrder, $p: String, $first: Int, $after: String, $last: Int, $before: String) {
  brands(filter: {archived: false}, orderBy: $o, first: $first, after: $after, last: $last, before: $before, atLeast: $p) {
    totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""

acts = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(NAMES)),
    st.tuples(st.just("archive"), st.integers(0, 9)),
    st.tuples(st.just("describe"), st.integers(0, 9)),
    st.tuples(st.just("rename"), st.tuples(st.integers(0, 9), st.sampled_from(NAMES))),
)


class World:
    """The brands of a workspace, and what was done to those that were there at the beginning."""

    def __init__(self, caller: Caller, names: list[str]) -> None:
        self.caller, self.position = caller, ""
        self.begun = [self._create(name) for name in names]
        self.archived: set[str] = set()
        self.renamed: set[str] = set()
        self.changed: set[str] = set()

    def act(self, act: tuple[str, Any]) -> None:
        match act:
            case "create", name:
                self._create(name)
            case "archive", number:
                if brand := self._standing(number):
                    self.archived.add(brand)
                    self._do("archiveBrand", {"brand": brand})
            case "describe", number:
                if brand := self._standing(number):
                    self.changed.add(brand)
                    given = {"brand": brand, "description": str(uuid4()), "industry": {"name": "Outdoor"}}
                    self._do("describeBrand", given)
            case "rename", (number, name):
                if brand := self._standing(number):
                    self.renamed.add(brand)
                    self._do("renameBrand", {"brand": brand, "name": f"{name} {uuid4()}"})

    def stayed(self, field: str) -> set[str]:
        """What was in the list all the time, at one place."""
        gone = self.archived | {"CREATED_AT": set(), "NAME": self.renamed}.get(field, self.renamed | self.changed)
        return set(self.begun) - gone

    def page(self, order: dict[str, str], **asked: Any) -> Any:
        return self.caller.asks(PAGE, o=order, p=self.position, **asked)["brands"]

    def _create(self, name: str) -> str:
        given = {"name": f"{name} {uuid4()}", "industry": {"name": "Outdoor"}}
        made = self.caller.mutates("createBrand", given, "position brand { id }")
        self.position = made["position"]
        return str(made["brand"]["id"])

    def _do(self, name: str, given: dict[str, Any]) -> None:
        self.position = self.caller.mutates(name, given, "position")["position"]

    def _standing(self, number: int) -> str | None:
        standing = [brand for brand in self.begun if brand not in self.archived]
        return standing[number % len(standing)] if standing else None


def walk(world: World, order: dict[str, str], size: int, *, forward: bool) -> Iterator[list[str]]:
    """Page by page, in the list's order within each."""
    asked: dict[str, Any] = {"first" if forward else "last": size}
    for _ in range(100):
        page = world.page(order, **asked)
        yield [node["id"] for node in page["nodes"]]
        info = page["pageInfo"]
        if not info["hasNextPage" if forward else "hasPreviousPage"]:
            return
        asked |= {"after": info["endCursor"]} if forward else {"before": info["startCursor"]}
    raise AssertionError("the list has no end")


Company = Callable[[], Caller]


@pytest.fixture(scope="module")
def company(url: str) -> Iterator[Company]:
    """Makes a workspace for each example."""
    with ExitStack() as open_ones:

        def made() -> Caller:
            caller = Caller(url).registers()
            open_ones.callback(caller.http.close)
            return caller

        yield made


paging = given(
    names=st.lists(st.sampled_from(NAMES), min_size=2, max_size=7),
    field=st.sampled_from(FIELDS),
    direction=st.sampled_from(["ASC", "DESC"]),
    size=st.integers(1, 3),
    forward=st.booleans(),
    between=st.lists(st.lists(acts, max_size=3), max_size=5),
)


@settings(
    max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@paging
def test_nothing_that_stays_is_skipped_or_repeated_while_others_write(company: Company, **drawn: Any) -> None:
    page_through(company, **drawn)


@pytest.mark.soak
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@paging
def test_nothing_is_skipped_or_repeated_in_many_ways(company: Company, **drawn: Any) -> None:
    page_through(company, **drawn)


def page_through(
    company: Company,
    names: list[str],
    field: str,
    direction: str,
    size: int,
    forward: bool,
    between: list[list[tuple[str, Any]]],
) -> None:
    world = World(company(), names)
    order = {"field": field, "direction": direction}
    before = [each for page in walk(world, order, 100, forward=True) for each in page]
    assert set(before) == set(world.begun)

    seen: list[str] = []
    waiting = iter(between)
    for page in walk(world, order, size, forward=forward):
        seen += page if forward else page[::-1]
        for act in next(waiting, []):
            world.act(act)

    stayed = world.stayed(field)
    expected = [each for each in (before if forward else before[::-1]) if each in stayed]
    assert [each for each in seen if each in stayed] == expected

    # Once all is quiet the list is the same from either end, in pages of any size, and as long as it says.
    there = [each for page in walk(world, order, size, forward=True) for each in page]
    back = [each for page in walk(world, order, size + 1, forward=False) for each in page[::-1]]
    assert there == back[::-1]
    assert len(there) == len(set(there)) == world.page(order, first=1)["totalCount"]
    assert stayed <= set(there)
    assert not world.archived & set(there)
