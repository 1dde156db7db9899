"""Anything by its id."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.fields import field
from umt.api.graphql.pages import LARGEST_PAGE, AtLeast
from umt.api.graphql.request import Info
from umt.api.graphql.types.node import Node, nodes_by_id
from umt.domain.errors import InvalidValue


@field("A thing by its id; null for what is unknown here or not for the caller to see.")
async def node(info: Info, id: Annotated[UUID, strawberry.argument(description="Its id.")]) -> Node | None:
    # Relay's compiler takes the field for what it is only if the id is its one argument; `nodes` takes `atLeast`, too.
    return await info.context.loaders.load(nodes_by_id, id)


@field("Things by their ids, in that order; null for each that is unknown here or not for the caller to see.")
async def nodes(
    info: Info,
    ids: Annotated[list[UUID], strawberry.argument(description="Their ids: at most 100.")],
    at_least: AtLeast = None,
) -> list[Node | None]:
    if len(ids) > LARGEST_PAGE:
        raise InvalidValue("ids", f"may be at most {LARGEST_PAGE}")
    info.context.charge()
    info.context.wants(at_least)
    return await info.context.loaders.load_many(nodes_by_id, ids)


FIELDS = (node, nodes)
