"""Events of one transaction as the log stores them.

All of them share most of their metadata, so it is encoded once; what differs is set in between: bytes that are equal
to those of the mapper.
"""

from __future__ import annotations

import os
from binascii import b2a_base64
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from umt.adapters.postgres.log import Batch
from umt.adapters.postgres.mapper import EventMapper
from umt.application.transaction import Context
from umt.domain.event import Event
from umt.domain.recorded import Metadata

_NOBODY: Final = UUID(int=0)
_OPEN: Final = b'"event_id":"00000000-0000-0000-0000-000000000000","salt":"","schema_version":0'


class StoredForm:
    """Encodes the events of one transaction, each with an id and a salt of its own."""

    def __init__(self, mapper: EventMapper, context: Context, effective_at: datetime) -> None:
        self._mapper, self._workspace = mapper, context.workspace
        metadata = Metadata(
            event_id=_NOBODY,
            actor=context.actor,
            correlation=context.correlation or _NOBODY,
            causation=context.cause,
            command_id=context.command_id,
            trace=context.trace,
            effective_at=effective_at,
            schema_version=0,
            salt="",
        )
        # No text can look like the place that is left open: its quotes would be escaped.
        self._before, _, self._after = mapper.encode(metadata).partition(_OPEN)

    def encode(self, events: Sequence[tuple[UUID, int, Event]]) -> Batch:
        """(stream, version, event) as columns. InvalidValue for a text that cannot be stored."""
        batch = Batch()
        batch.bound.add(self._workspace)
        encode, before, after = self._mapper.encode, self._before, self._after
        random = os.urandom(32 * len(events))
        for index, (stream, version, event) in enumerate(events):
            start = 32 * index
            salt = b2a_base64(random[start + 16 : start + 32], newline=False)
            batch.streams.append(stream)
            batch.versions.append(version)
            batch.types.append(event.type_name)
            batch.schema_versions.append(event.schema_version)
            batch.metadata.append(
                b'%b"event_id":"%b","salt":"%b","schema_version":%d%b'
                % (before, _uuid4(random[start : start + 16]), salt, event.schema_version, after)
            )
            batch.bodies.append(encode(event))
        batch.workspaces = [self._workspace] * len(events)
        return batch


def _uuid4(random: bytes) -> bytes:
    """The text of the UUID (version 4, RFC 9562) that is made of 16 random bytes."""
    digits = random.hex()
    variant = "89ab"[random[8] & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}".encode()
