"""Templates."""

from __future__ import annotations

from uuid import UUID

import msgspec
import strawberry

from umt.api.graphql import things
from umt.api.graphql.enums import Format
from umt.api.graphql.request import Request
from umt.api.graphql.seen import Seen
from umt.api.graphql.types.node import Node, looks_up
from umt.application.queries import Row
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
    position: str | None = strawberry.field(
        description="Where it last changed, for `atLeast`; null for what it was in the past."
    )

    @classmethod
    def of(cls, template: Seen[domain.Template]) -> Template:
        return template.as_type(cls)

    @classmethod
    def of_row(cls, row: Row) -> Template:
        state = msgspec.convert(row, domain.Template)
        return cls.of(Seen(row["template"], state, row["version"], row["position"]))


@looks_up("template")
async def templates_by_id(request: Request, ids: list[UUID]) -> list[Template | NotFound]:
    """The templates with these ids."""
    return await things.of_both(request, ids, "templates", "template", Template.of_row, domain.Template, Template.of)
