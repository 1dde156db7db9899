"""What is kept of exchanges with language models beside the log: large texts, and what a month cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from umt.adapters.postgres.key_rows import workspace_cipher, workspace_key
from umt.adapters.postgres.statements import Statements
from umt.adapters.vault import VaultError
from umt.adapters.vault.sealing import seal, unseal


class ModelRows(Statements):
    """Texts are sealed under the workspace's key."""

    def keep_blob(self, text: str) -> str:
        workspace = self.context.workspace
        reference = self._reference(text)

        def write() -> None:
            connection = self._writing()
            key = workspace_key(connection, self._vault, workspace)
            connection.execute(
                "INSERT INTO umt.blob (workspace, reference, sealed) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (workspace, reference, seal(key, text.encode(), f"{workspace}/blob/{reference.hex()}")),
            )

        self._afterwards.append(write)
        return reference.hex()

    def blob(self, reference: str) -> str | None:
        workspace = self.context.workspace
        found = self._rows(
            "SELECT b.sealed, k.sealed FROM umt.blob b JOIN umt.workspace_key k USING (workspace) WHERE b.reference = %s",
            bytes.fromhex(reference),
        )
        if not found:
            return None
        sealed, key = found[0]
        plain = unseal(workspace_cipher(self._vault, workspace, key), sealed, f"{workspace}/blob/{reference}")
        if plain is None or self._reference(plain.decode()).hex() != reference:
            raise VaultError(f"The text {reference} of {workspace} was altered, or belongs elsewhere.")
        return plain.decode()

    def add_model_spending(self, month: date, amount: Decimal, calls: int, unpriced: int) -> None:
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.model_spending AS s (workspace, month, amount, calls, unpriced)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (workspace, month) DO UPDATE SET (amount, calls, unpriced)"
                " = (s.amount + EXCLUDED.amount, s.calls + EXCLUDED.calls, s.unpriced + EXCLUDED.unpriced)",
                self.context.workspace,
                month,
                amount,
                calls,
                unpriced,
            )
        )

    def model_spending(self, month: date) -> Decimal:
        found: Decimal | None = self._value(
            "SELECT amount FROM umt.model_spending WHERE (workspace, month) = (%s, %s)", self.context.workspace, month
        )
        return Decimal(0) if found is None else found

    def _reference(self, text: str) -> bytes:
        return self._vault.index(f"{self.context.workspace}/blob/{text}")
