"""What mutations answer: the thing as the command left it, read from the log, so that no wait is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.request import Request
from umt.api.graphql.seen import Seen
from umt.api.graphql.types.access import ApiKey, Invitation
from umt.api.graphql.types.brand import Brand
from umt.api.graphql.types.campaign import Campaign
from umt.api.graphql.types.content import Content
from umt.api.graphql.types.integration import Integration
from umt.api.graphql.types.template import Template
from umt.api.graphql.types.workspace import Workspace
from umt.application.permissions import Permission
from umt.application.transaction import Outcome
from umt.domain import api_key, brand, campaign, content, integration, invitation, template, workspace
from umt.domain.errors import NotFound
from umt.domain.event import Aggregate


@strawberry.type
class Payload:
    position: str = strawberry.field(
        description="The log's position after the command: give it as `atLeast` to queries that must see the change."
    )
    repeated: bool = strawberry.field(
        description="Whether the command was carried out before, under the same idempotency key."
    )


@strawberry.type(description="The brand as the command left it.")
class BrandPayload(Payload):
    brand: Brand = strawberry.field(description="The brand.")


@strawberry.type(description="The template as the command left it.")
class TemplatePayload(Payload):
    template: Template = strawberry.field(description="The template.")


@strawberry.type(description="The content as the command left it.")
class ContentPayload(Payload):
    content: Content = strawberry.field(description="The content.")


@strawberry.type(description="The campaign as the command left it.")
class CampaignPayload(Payload):
    campaign: Campaign = strawberry.field(description="The campaign.")


@strawberry.type(description="The connection as the command left it.")
class IntegrationPayload(Payload):
    integration: Integration = strawberry.field(description="The connection.")


@strawberry.type(description="The workspace as the command left it.")
class WorkspacePayload(Payload):
    workspace: Workspace = strawberry.field(description="The workspace.")


@strawberry.type(description="The invitation as the command left it.")
class InvitationPayload(Payload):
    invitation: Invitation = strawberry.field(description="The invitation.")


@strawberry.type(description="The new invitation, with its token.")
class InviteMemberPayload(InvitationPayload):
    token: str | None = strawberry.field(
        description="What the person accepts it with, shown once: null when the command is repeated, since only its hash"
        " is kept.",
        default=None,
    )


@strawberry.type(description="The API key as the command left it.")
class ApiKeyPayload(Payload):
    api_key: ApiKey = strawberry.field(description="What is known of the key.")


@strawberry.type(description="The new API key.")
class CreateApiKeyPayload(ApiKeyPayload):
    key: str | None = strawberry.field(
        description="The key itself, to be sent as `Authorization: Bearer …`, shown once: null when the command is"
        " repeated, since only its hash is kept.",
        default=None,
    )


_SHOWS: dict[type[Payload], tuple[str, type[Aggregate], Callable[[Seen[Any]], Any]]] = {
    BrandPayload: ("brand", brand.Brand, Brand.of),
    TemplatePayload: ("template", template.Template, Template.of),
    ContentPayload: ("content", content.Content, Content.of),
    CampaignPayload: ("campaign", campaign.Campaign, Campaign.of),
    IntegrationPayload: ("integration", integration.Integration, Integration.of),
    WorkspacePayload: ("workspace", workspace.Workspace, Workspace.of),
    InvitationPayload: ("invitation", invitation.Invitation, Invitation.of),
    ApiKeyPayload: ("api_key", api_key.ApiKey, ApiKey.of),
}
"""Each payload's field, the aggregate it shows, and how; a derived one shows what the one above it does."""


async def payload(
    kind: type[Payload], request: Request, permission: Permission, subject: UUID, outcome: Outcome
) -> Payload:
    """The payload with the subject's state, which is at least as new as the outcome."""
    field, aggregate, show = next(_SHOWS[above] for above in kind.__mro__ if above in _SHOWS)
    state, version = await request.services.queries.left(await request.caller(), permission, aggregate, subject)
    if state is None:
        raise NotFound(aggregate.kind, subject)
    thing: Any = {field: show(Seen(subject, state, version, outcome.position))}
    return kind(**thing, position=positions.encode(outcome.position), repeated=outcome.repeated)
