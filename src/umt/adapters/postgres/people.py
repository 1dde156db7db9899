"""Who a person is, wherever they ever were a user: by the address that the log holds, sealed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from umt.domain.invitation import InvitationSent
from umt.domain.recorded import Undecoded
from umt.domain.user import UserRegistered
from umt.domain.values import unique_key
from umt.projections.batches import EventSource

_PAGE: Final = 2000


def subjects_at(source: EventSource, email: str) -> Iterator[tuple[UUID, UUID]]:
    """(workspace, subject) of everybody who registered with an address or was invited at it, members or not any more.
    Reads the whole log, since the keyed hash of an address goes with the account; who was erased is not found."""
    wanted, head, after = unique_key(email), source.head(), 0
    types = (UserRegistered.type_name, InvitationSent.type_name)
    known = set[UUID]()
    while after < head:
        page = source.page(after, _PAGE, types=types, up_to=head, metadata=False)
        for recorded in page.events:
            if isinstance(recorded, Undecoded):
                continue
            event = recorded.event
            assert isinstance(event, (UserRegistered, InvitationSent))
            subject = event.email.subject
            if subject not in known and unique_key(event.email.text) == wanted:
                known.add(subject)
                yield recorded.workspace, subject
        if not page.more:
            return
        after = page.position
