"""Secrets, accounts, memberships and tokens: what is known of people and connections outside the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import psycopg

from umt.adapters.postgres.key_rows import workspace_cipher, workspace_key
from umt.adapters.postgres.statements import Statements
from umt.adapters.vault import VaultError
from umt.adapters.vault.sealing import seal, unseal
from umt.application.identity.guessing import attempts_on
from umt.application.permissions import Permission
from umt.domain.errors import AlreadyExists
from umt.domain.secret import Secret
from umt.domain.values import unique_key
from umt.domain.workspace import Role


class IdentityRows(Statements):
    """Secrets are sealed, addresses and tokens only hashed."""

    def put_secret(self, name: str, text: str) -> None:
        workspace = self.context.workspace

        def write() -> None:
            connection = self._writing()
            sealed = seal(workspace_key(connection, self._vault, workspace), text.encode(), f"{workspace}/{name}")
            connection.execute(
                "INSERT INTO umt.secret (workspace, name, sealed, sealed_by) VALUES (%s, %s, %s, 'workspace')"
                " ON CONFLICT (workspace, name) DO UPDATE SET (sealed, sealed_by) = (EXCLUDED.sealed, 'workspace')",
                (workspace, name, sealed),
            )

        self._afterwards.append(write)

    def secret(self, name: str) -> Secret | None:
        workspace = self.context.workspace
        found = self._rows(
            "SELECT s.sealed, s.sealed_by, k.sealed FROM umt.secret s LEFT JOIN umt.workspace_key k USING (workspace)"
            " WHERE s.name = %s",
            name,
        )
        if not found:
            return None
        sealed, sealed_by, key = found[0]
        belongs_to = f"{workspace}/{name}"
        if sealed_by == "master":
            return Secret(self._vault.open(sealed, belongs_to).decode())
        plain = None if key is None else unseal(workspace_cipher(self._vault, workspace, key), sealed, belongs_to)
        if plain is None:
            raise VaultError(f"The credential {belongs_to} was altered, or belongs elsewhere; give it anew.")
        return Secret(plain.decode())

    def drop_secret(self, name: str) -> None:
        self._afterwards.append(lambda: self._do("DELETE FROM umt.secret WHERE name = %s", name))

    def open_account(self, user: UUID, email: str, password_hash: str) -> None:
        index = self._vault.index(unique_key(email))

        def write() -> None:
            query = "INSERT INTO umt.account VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
            if not self._writing().execute(query, (user, index, password_hash)).rowcount:
                raise AlreadyExists("account", "with this e-mail address")

        self._afterwards.append(write)

    def put_password(self, user: UUID, password_hash: str) -> None:
        self._afterwards.append(lambda: self._do("SELECT umt.set_password(%s, %s)", user, password_hash))

    def put_member(self, user: UUID, role: Role | None, account: UUID | None = None) -> None:
        if role is None:
            self._afterwards.append(lambda: self._do("SELECT umt.end_membership(%s)", user))
            return
        values = (self.context.workspace, user, role.value, account)

        def write() -> None:
            try:
                self._do(
                    "INSERT INTO umt.membership (workspace, user_id, role, account) VALUES (%s, %s, %s, %s)"
                    " ON CONFLICT (workspace, user_id) DO UPDATE SET role = EXCLUDED.role",
                    *values,
                )
            except psycopg.errors.UniqueViolation as error:
                raise AlreadyExists("member", "with this e-mail address") from error

        self._afterwards.append(write)

    def member_of(self, email: str) -> UUID | None:
        found: UUID | None = self._value("SELECT umt.member_of(%s)", self._vault.index(unique_key(email)))
        return found

    def account_of(self, email: str) -> UUID | None:
        found: UUID | None = self._value("SELECT account FROM umt.sign_in(%s)", self._vault.index(unique_key(email)))
        return found

    def has_password_hash(self, email: str, password_hash: str) -> bool:
        query = "SELECT EXISTS (SELECT FROM umt.sign_in(%s) WHERE password_hash = %s)"
        return bool(self._value(query, self._vault.index(unique_key(email)), password_hash))

    def put_invitation(self, invitation: UUID, email: str, token_hash: bytes, expires_at: datetime) -> None:
        workspace, index = self.context.workspace, self._vault.index(unique_key(email))
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.invitation (id, workspace, email_index, token_hash, expires_at)"
                " VALUES (%s, %s, %s, %s, %s)",
                invitation,
                workspace,
                index,
                token_hash,
                expires_at,
            )
        )

    def invitations_of(self, email: str) -> list[UUID]:
        index = self._vault.index(unique_key(email))
        return [row[0] for row in self._rows("SELECT id FROM umt.invitation WHERE email_index = %s", index)]

    def put_api_key(
        self,
        key: UUID,
        holder: UUID,
        key_hash: bytes,
        scopes: Iterable[Permission],
        expires_at: datetime,
        made_by: UUID | None,
    ) -> None:
        workspace, names = self.context.workspace, [scope.value for scope in scopes]
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.api_key (id, workspace, holder, hash, scopes, expires_at, made_by)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                key,
                workspace,
                holder,
                key_hash,
                names,
                expires_at,
                made_by,
            )
        )

    def drop_api_key(self, key: UUID) -> None:
        query = "UPDATE umt.api_key SET revoked_at = clock_timestamp() WHERE id = %s AND revoked_at IS NULL"
        self._afterwards.append(lambda: self._do(query, key))

    def kept_invitations(self) -> list[UUID]:
        return [row[0] for row in self._rows("SELECT id FROM umt.invitation ORDER BY id")]

    def has_subject_key(self, subject: UUID) -> bool:
        return bool(self._value("SELECT EXISTS (SELECT FROM umt.subject_key WHERE subject = %s)", subject))

    def erase_subject(self, subject: UUID, invitations: Sequence[UUID], email: str | None) -> None:
        index = self._vault.index
        attempts = [] if email is None else [attempts_on(index(unique_key(email)), index)]
        self._afterwards.append(
            lambda: self._do("SELECT umt.erase_subject(%s, %s, %s)", subject, list(invitations), attempts)
        )

    def api_keys_of(self, member: UUID) -> list[UUID]:
        query = "SELECT id FROM umt.api_key WHERE %s IN (holder, made_by) AND revoked_at IS NULL ORDER BY id"
        return [row[0] for row in self._rows(query, member)]
