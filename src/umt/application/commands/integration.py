"""Commands on connections to outside platforms."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import SecretStr

from umt.application.dispatch import Command
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import integration
from umt.domain.errors import InvalidValue
from umt.domain.integration import Integration
from umt.domain.platform import Platform


def secret_name(identifier: UUID) -> str:
    """Where an integration's credential lies in the vault."""
    return f"integration/{identifier}"


class ConnectIntegration(Command):
    """Connect an account of a platform; the agent verifies the credential, which goes to the vault."""

    permission: ClassVar[Permission] = Permission.INTEGRATION_WRITE
    platform: Platform
    account: str
    credential: SecretStr
    endpoint: str | None = None

    def handle(self, tx: Transaction) -> None:
        if self.platform is Platform.CMS and not self.endpoint:
            raise InvalidValue("endpoint", "a CMS needs the address of its site, like https://blog.example.com")
        if not 1 <= len(self.credential.get_secret_value()) <= 4096:
            raise InvalidValue("credential", "must have between 1 and 4096 characters")
        identifier = tx.new_id()
        tx.reserve("integration", self.platform.value, identifier)
        tx.create(Integration, identifier, integration.request, self.platform, self.account, self.endpoint)
        tx.put_secret(secret_name(identifier), self.credential.get_secret_value())


class ReplaceCredential(Command):
    """Put a new credential into the vault; the connection is verified again."""

    permission: ClassVar[Permission] = Permission.INTEGRATION_WRITE
    integration: UUID
    credential: SecretStr

    def handle(self, tx: Transaction) -> None:
        tx.decide(Integration, self.integration, integration.replace_credential)
        tx.put_secret(secret_name(self.integration), self.credential.get_secret_value())


class DisconnectIntegration(Command):
    """End a connection and destroy its credential."""

    permission: ClassVar[Permission] = Permission.INTEGRATION_WRITE
    integration: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(Integration, self.integration, integration.disconnect)
        tx.release("integration", self.integration)
        tx.drop_secret(secret_name(self.integration))


class ConfirmIntegration(Command):
    """Record that the platform accepted the credential."""

    permission: ClassVar[Permission] = Permission.AGENT_WORK
    integration: UUID
    account_name: str
    currency: str | None

    def handle(self, tx: Transaction) -> None:
        tx.decide(Integration, self.integration, integration.connect, self.account_name, self.currency)


class FailIntegration(Command):
    """Record that the platform refused the credential."""

    permission: ClassVar[Permission] = Permission.AGENT_WORK
    integration: UUID
    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Integration, self.integration, integration.fail, self.reason)


class NoteSync(Command):
    """Record that figures of this connection were collected."""

    permission: ClassVar[Permission] = Permission.AGENT_WORK
    integration: UUID
    at: datetime

    def handle(self, tx: Transaction) -> None:
        tx.decide(Integration, self.integration, integration.note_sync, self.at)
