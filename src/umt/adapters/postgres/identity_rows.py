"""Secrets, accounts, memberships and tokens: what is known of people and connections outside the log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from umt.adapters.postgres.statements import Statements
from umt.domain.errors import AlreadyExists
from umt.domain.values import unique_key
from umt.domain.workspace import Role


class IdentityRows(Statements):
    """Secrets are sealed, addresses and tokens only hashed."""

    def put_secret(self, name: str, text: str) -> None:
        sealed = self._vault.seal(text.encode(), f"{self.context.workspace}/{name}")
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.secret VALUES (%s, %s, %s)"
                " ON CONFLICT (workspace, name) DO UPDATE SET sealed = EXCLUDED.sealed",
                self.context.workspace,
                name,
                sealed,
            )
        )

    def secret(self, name: str) -> str | None:
        sealed = self._value("SELECT sealed FROM umt.secret WHERE name = %s", name)
        return None if sealed is None else self._vault.open(sealed, f"{self.context.workspace}/{name}").decode()

    def drop_secret(self, name: str) -> None:
        self._afterwards.append(lambda: self._do("DELETE FROM umt.secret WHERE name = %s", name))

    def open_account(self, user: UUID, email: str, password_hash: str) -> None:
        index = self._vault.index(unique_key(email))

        def write() -> None:
            query = "INSERT INTO umt.account VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
            if not self._writing().execute(query, (user, index, password_hash)).rowcount:
                raise AlreadyExists("account", "with this e-mail address")

        self._afterwards.append(write)

    def put_member(self, user: UUID, role: Role | None) -> None:
        if role is None:
            self._afterwards.append(lambda: self._do("DELETE FROM umt.membership WHERE user_id = %s", user))
        else:
            self._afterwards.append(
                lambda: self._do(
                    "INSERT INTO umt.membership VALUES (%s, %s, %s)"
                    " ON CONFLICT (workspace, user_id) DO UPDATE SET role = EXCLUDED.role",
                    self.context.workspace,
                    user,
                    role.value,
                )
            )

    def put_token(self, token_hash: bytes, user: UUID, expires_at: datetime) -> None:
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.token VALUES (%s, %s, %s, %s)", token_hash, user, self.context.workspace, expires_at
            )
        )
