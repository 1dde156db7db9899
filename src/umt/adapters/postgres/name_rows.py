"""Names that are unique in a workspace: reserved in the transaction of the events that take and free them."""

from __future__ import annotations

from uuid import UUID

from umt.adapters.postgres.statements import Statements
from umt.domain.errors import NameTaken
from umt.domain.platform import Platform
from umt.domain.values import unique_key


class NameRows(Statements):
    """Reservations."""

    def reserve(self, kind: str, name: str, stream: UUID) -> None:
        key = unique_key(name)

        def write() -> None:
            self._connection.execute("DELETE FROM umt.reservation WHERE kind = %s AND stream = %s", (kind, stream))
            taken = self._connection.execute(
                "INSERT INTO umt.reservation VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1",
                (self.context.workspace, kind, key, stream),
            ).fetchone()
            if taken is None:
                raise NameTaken(kind, name)

        owner = self.holder(kind, name)
        if owner is not None and owner != stream:
            raise NameTaken(kind, name)
        self._afterwards.append(write)

    def release(self, kind: str, stream: UUID) -> None:
        self._afterwards.append(
            lambda: self._do("DELETE FROM umt.reservation WHERE kind = %s AND stream = %s", kind, stream)
        )

    def holder(self, kind: str, name: str) -> UUID | None:
        row = self._rows("SELECT stream FROM umt.reservation WHERE kind = %s AND key = %s", kind, unique_key(name))
        return row[0][0] if row else None

    def integration_of(self, platform: Platform) -> UUID | None:
        return self.holder("integration", platform)
