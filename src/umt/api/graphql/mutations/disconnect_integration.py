"""`disconnectIntegration`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import IntegrationPayload
from umt.application.commands.integration import DisconnectIntegration
from umt.domain.errors import NotFound


@strawberry.input(description="What `disconnectIntegration` takes.")
class DisconnectIntegrationInput:
    integration: UUID = strawberry.field(description="The connection.")


disconnect_integration = changes(DisconnectIntegration, DisconnectIntegrationInput, IntegrationPayload, NotFound)
