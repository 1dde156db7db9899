"""All that is known of a person in a workspace, as one JSON document (GDPR, article 15)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import msgspec

from umt.application.lists import Stretch
from umt.application.queries import Queries
from umt.application.transaction import Context

_PAGE: Final = 500


async def subject_document(queries: Queries, context: Context, person: UUID) -> AsyncIterator[bytes]:
    """The document in parts, read page by page. Raises NotFound and Forbidden before the first part."""
    subject = await queries.subject(context, person)
    yield msgspec.json.encode(subject)[:-1] + b',"security_events":['
    separator = b"\n"
    stretch = Stretch(limit=_PAGE)
    while noted := (await queries.subject_security_events(context, subject, stretch)).items:
        for each in noted:
            yield separator + msgspec.json.encode(each)
            separator = b",\n"
        stretch = Stretch(limit=_PAGE, after=(noted[-1].first_at, noted[-1].id))
    yield b'],"events":['
    separator = b"\n"
    stretch = Stretch(limit=_PAGE)
    while events := (await queries.subject_events(context, person, stretch)).items:
        for event in events:
            yield separator + msgspec.json.encode(event)
            separator = b",\n"
        stretch = Stretch(limit=_PAGE, after=(events[-1].position,))
    yield b"]}"
