"""Templates."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql import things
from umt.api.graphql.enums import Format
from umt.api.graphql.request import Request
from umt.api.graphql.seen import Seen
from umt.api.graphql.types.node import Node
from umt.domain import template as domain
from umt.domain.errors import NotFound


@strawberry.type(description="The versioned mould from which the variations of a content are made.")
class Template(Node):
    name: str = strawberry.field(description="Its name, unique in the workspace.")
    format: Format = strawberry.field(description="What kind of text it is for.")
    instructions: str = strawberry.field(description="What the writer is told.")
    revision: int = strawberry.field(description="Counts what it said, from 1.")
    retired: bool = strawberry.field(description="Whether it is used for new content no more.")
    version: int = strawberry.field(description="Counts its changes; `expectedVersion` of the next command.")

    @classmethod
    def of(cls, template: Seen[domain.Template]) -> Template:
        return template.as_type(cls)


async def templates_by_id(request: Request, ids: list[UUID]) -> list[Template | NotFound]:
    """The templates with these ids."""
    return things.in_order(ids, await things.of_log(request, ids, domain.Template, Template.of), "template")
