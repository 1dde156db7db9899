"""A connection of campaigns in Relay's form with two relations of each, looked up from memory: by columns, as we do it, and
by data loaders, as strawberry's documentation does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from umt.api.graphql.column import column
from umt.bench.graphql.samples import PAGE

T = TypeVar("T")

QUERY: Final = """{
  campaigns { pageInfo { hasNextPage endCursor }
    edges { cursor node { id name status brand { id name industry } figures { clicks impressions spend } } } }
}"""


@strawberry.type
class Brand:
    id: strawberry.ID
    name: str
    industry: str


@strawberry.type
class Figures:
    clicks: int
    impressions: int
    spend: str


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str


@strawberry.type
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type
class Connection(Generic[T]):
    edges: list[Edge[T]]
    page_info: PageInfo


async def brands(wanted: list[int]) -> list[Brand]:
    return [Brand(id=strawberry.ID(f"b{n % 10}"), name=f"Firm {n % 10}", industry="Outdoor") for n in wanted]


async def figures(wanted: list[int]) -> list[Figures]:
    return [Figures(clicks=n, impressions=n * 100, spend=f"{n}.50") for n in wanted]


@strawberry.type
class Together:
    """A campaign whose relations are columns."""

    id: strawberry.ID
    name: str
    status: str
    number: strawberry.Private[int]

    @column("Its brand.")
    async def brand(campaigns: Sequence[Together], info: strawberry.Info) -> Sequence[Brand]:
        return await brands([each.number for each in campaigns])

    @column("Its figures.")
    async def figures(campaigns: Sequence[Together], info: strawberry.Info) -> Sequence[Figures]:
        return await figures([each.number for each in campaigns])


@strawberry.type
class Alone:
    """A campaign whose relations are looked up by data loaders, of which each request has its own."""

    id: strawberry.ID
    name: str
    status: str
    number: strawberry.Private[int]

    @strawberry.field
    async def brand(self, info: strawberry.Info) -> Brand:
        brand: Brand = await info.context["brands"].load(self.number)
        return brand

    @strawberry.field
    async def figures(self, info: strawberry.Info) -> Figures:
        found: Figures = await info.context["figures"].load(self.number)
        return found


def _page(kind: type[T]) -> Connection[T]:
    nodes = [kind(id=strawberry.ID(f"c{n}"), name=f"Spring {n}", status="live", number=n) for n in range(PAGE)]  # type: ignore[call-arg]
    edges = [Edge(cursor=f"after {n}", node=node) for n, node in enumerate(nodes)]
    return Connection(edges=edges, page_info=PageInfo(has_next_page=True, end_cursor=edges[-1].cursor))


@strawberry.type(name="Query")
class TogetherQuery:
    @strawberry.field
    def campaigns(self) -> Connection[Together]:
        return _page(Together)


@strawberry.type(name="Query")
class AloneQuery:
    @strawberry.field
    def campaigns(self) -> Connection[Alone]:
        return _page(Alone)


TOGETHER: Final = strawberry.Schema(query=TogetherQuery)
ALONE: Final = strawberry.Schema(query=AloneQuery)


def loaders() -> dict[str, object]:
    """The data loaders of one request."""
    return {"brands": DataLoader(brands), "figures": DataLoader(figures)}
