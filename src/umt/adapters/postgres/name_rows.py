"""Names that are unique in a workspace: reserved in the append of the events that take and free them."""

from __future__ import annotations

from uuid import UUID

from umt.adapters.postgres.statements import Statements
from umt.domain.errors import NameTaken
from umt.domain.platform import Platform
from umt.domain.values import unique_key


class Names:
    """Who holds which name after what was decided so far, over what an earlier layer or the table says."""

    def __init__(self, below: Names | None = None) -> None:
        self._below = below
        self._holders: dict[tuple[UUID, str, str], UUID | None] = {}
        self.held: dict[tuple[UUID, str, UUID], str | None] = {}
        """(workspace, kind, stream) → its name from now on, None for none."""

    def copy(self) -> Names:
        """As it is now."""
        same = Names(self._below)
        same._holders, same.held = dict(self._holders), dict(self.held)
        return same

    def hold(self, workspace: UUID, kind: str, stream: UUID, name: str | None) -> None:
        """From now on the stream holds this name and no other one of the kind."""
        known, before = self.name_of(workspace, kind, stream)
        if known and before is not None:
            self._holders[workspace, kind, before] = None
        self.held[workspace, kind, stream] = name
        if name is not None:
            self._holders[workspace, kind, name] = stream

    def holder(self, workspace: UUID, kind: str, name: str) -> tuple[bool, UUID | None]:
        """Whether it was decided who holds the name, and who does."""
        if (workspace, kind, name) in self._holders:
            return True, self._holders[workspace, kind, name]
        return self._below.holder(workspace, kind, name) if self._below else (False, None)

    def name_of(self, workspace: UUID, kind: str, stream: UUID) -> tuple[bool, str | None]:
        """Whether it was decided what the stream holds, and what."""
        if (workspace, kind, stream) in self.held:
            return True, self.held[workspace, kind, stream]
        return self._below.name_of(workspace, kind, stream) if self._below else (False, None)

    def merge(self, above: Names) -> None:
        """Take over what a layer above decided."""
        self._holders |= above._holders
        self.held |= above.held


class NameRows(Statements):
    """Reservations. Unless it is to be ``_sure``, a name that nobody is known to hold is believed to be free: the append
    finds out."""

    _names: Names
    _sure: bool

    def reserve(self, kind: str, name: str, stream: UUID) -> None:
        key = unique_key(name)
        owner = self._holder(kind, key, self._sure)
        if owner is not None and owner != stream:
            raise NameTaken(kind, name)
        self._names.hold(self.context.workspace, kind, stream, key)

    def release(self, kind: str, stream: UUID) -> None:
        self._names.hold(self.context.workspace, kind, stream, None)

    def holder(self, kind: str, name: str) -> UUID | None:
        return self._holder(kind, unique_key(name), True)

    def _holder(self, kind: str, key: str, look: bool) -> UUID | None:
        workspace = self.context.workspace
        decided, owner = self._names.holder(workspace, kind, key)
        if decided or not look:
            return owner
        query = "SELECT stream FROM umt.reservation WHERE kind = %s AND key = %s"
        row = self._writing().execute(query, (kind, key), prepare=True).fetchone()
        found: UUID | None = row[0] if row else None
        moved = found and self._names.name_of(workspace, kind, found)[0]
        return None if moved else found

    def integration_of(self, platform: Platform) -> UUID | None:
        return self.holder("integration", platform)
