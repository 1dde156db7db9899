"""Anything by its id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from umt.api.graphql.fields import field
from umt.api.graphql.loaders import Lookup
from umt.api.graphql.pages import LARGEST_PAGE, AtLeast
from umt.api.graphql.request import Info, Request
from umt.api.graphql.types.access import api_keys_by_id, invitations_by_id
from umt.api.graphql.types.agents import agent_runs_by_id
from umt.api.graphql.types.brand import brands_by_id
from umt.api.graphql.types.campaign import campaigns_by_id
from umt.api.graphql.types.content import contents_by_id
from umt.api.graphql.types.integration import integrations_by_id
from umt.api.graphql.types.node import Node
from umt.api.graphql.types.template import templates_by_id
from umt.api.graphql.types.workspace import users_by_id, workspaces_by_id
from umt.domain.errors import InvalidValue

_LOOKUPS: Final[Mapping[str, Lookup[UUID, Any]]] = {
    "agent_run": agent_runs_by_id,
    "api_key": api_keys_by_id,
    "brand": brands_by_id,
    "campaign": campaigns_by_id,
    "content": contents_by_id,
    "integration": integrations_by_id,
    "invitation": invitations_by_id,
    "template": templates_by_id,
    "user": users_by_id,
    "workspace": workspaces_by_id,
}
"""By the kind of aggregate. Streams of other kinds are no things of their own."""


@field("A thing by its id; null for what is unknown here or not for the caller to see.")
async def node(
    info: Info,
    id: Annotated[UUID, strawberry.argument(description="Its id.")],
    at_least: AtLeast = None,
) -> Node | None:
    info.context.wants(at_least)
    return await info.context.loaders.load(_nodes, id)


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
    return await info.context.loaders.load_many(_nodes, ids)


async def _nodes(request: Request, ids: list[UUID]) -> Sequence[Node | None]:
    """What kind each is of says its stream, all of them in one query; then one query for each kind."""
    by_kind: dict[str, list[UUID]] = defaultdict(list)
    for each, kind in (await request.services.queries.kinds(await request.caller(), ids)).items():
        by_kind[kind].append(each)
    found: dict[UUID, Node] = {}
    for kind in by_kind.keys() & _LOOKUPS.keys():
        things = await _LOOKUPS[kind](request, by_kind[kind])
        found |= {thing.id: thing for thing in things if isinstance(thing, Node)}
    return [found.get(each) for each in ids]


FIELDS = (node, nodes)
