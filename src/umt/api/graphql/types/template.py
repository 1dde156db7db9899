"""Templates."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.enums import Format
from umt.api.graphql.seen import Seen
from umt.domain import template as domain


@strawberry.type(description="The versioned mould from which the variations of a content are made.")
class Template:
    id: UUID = strawberry.field(description="Its id.")
    name: str = strawberry.field(description="Its name, unique in the workspace.")
    format: Format = strawberry.field(description="What kind of text it is for.")
    instructions: str = strawberry.field(description="What the writer is told.")
    revision: int = strawberry.field(description="Counts what it said, from 1.")
    retired: bool = strawberry.field(description="Whether it is used for new content no more.")
    version: int = strawberry.field(description="Counts its changes; `expectedVersion` of the next command.")

    @classmethod
    def of(cls, template: Seen[domain.Template]) -> Template:
        return template.as_type(cls)
