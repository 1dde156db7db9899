"""What people may ask of us about themselves."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, Before, Connection, First, Last
from umt.api.graphql.request import Info
from umt.api.graphql.types import privacy
from umt.api.graphql.types.privacy import Erasure, SubjectExport


@field("All that is known of a person in the workspace. Everybody may ask for themselves.")
async def subject_export(
    info: Info, user: Annotated[UUID, strawberry.argument(description="The person.")]
) -> SubjectExport:
    return await privacy.subject_export(info.context, user)


@field("Who was erased in the workspace, in that order, and whether every process has forgotten them.")
async def erasures(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[Erasure]:
    return await privacy.erasures(info.context, Asked(first, after, last, before))


FIELDS = (subject_export, erasures)
