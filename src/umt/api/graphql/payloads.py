"""What mutations answer: the thing as the command left it, read from the log, so that no wait is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.request import Request
from umt.api.graphql.seen import Seen
from umt.api.graphql.types.brand import Brand
from umt.api.graphql.types.campaign import Campaign
from umt.api.graphql.types.content import Content
from umt.api.graphql.types.integration import Integration
from umt.api.graphql.types.template import Template
from umt.api.graphql.types.workspace import Workspace
from umt.application.transaction import Outcome
from umt.domain import brand, campaign, content, integration, template, workspace
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


_SHOWS: dict[type[Payload], tuple[str, type[Aggregate], Callable[[Seen[Any]], Any]]] = {
    BrandPayload: ("brand", brand.Brand, Brand.of),
    TemplatePayload: ("template", template.Template, Template.of),
    ContentPayload: ("content", content.Content, Content.of),
    CampaignPayload: ("campaign", campaign.Campaign, Campaign.of),
    IntegrationPayload: ("integration", integration.Integration, Integration.of),
    WorkspacePayload: ("workspace", workspace.Workspace, Workspace.of),
}
"""Each payload's field, the aggregate it shows, and how."""


async def payload(kind: type[Payload], request: Request, subject: UUID, outcome: Outcome) -> Payload:
    """The payload with the subject's state, which is at least as new as the outcome."""
    field, aggregate, show = _SHOWS[kind]
    state, version = await request.services.queries.state(await request.caller(), aggregate, subject)
    if state is None:
        raise NotFound(aggregate.kind, subject)
    thing: Any = {field: show(Seen(subject, state, version, outcome.position))}
    return kind(**thing, position=positions.encode(outcome.position), repeated=outcome.repeated)
