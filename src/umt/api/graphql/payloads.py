"""What mutations answer: the thing as the command left it, read from the log, so that no wait is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final, NamedTuple

import strawberry

from umt.api import positions
from umt.api.graphql.argument_paths import Arguments
from umt.api.graphql.mutation_errors import MutationError, error_type, errors_of
from umt.api.graphql.request import Request
from umt.api.graphql.seen import Seen
from umt.api.graphql.types.access import ApiKey, Invitation
from umt.api.graphql.types.agent_policy import AgentPolicy
from umt.api.graphql.types.agents import AgentRun, Recommendation
from umt.api.graphql.types.brand import Brand
from umt.api.graphql.types.campaign import Campaign
from umt.api.graphql.types.content import Content
from umt.api.graphql.types.integration import Integration
from umt.api.graphql.types.template import Template
from umt.api.graphql.types.workspace import Workspace
from umt.application.permissions import Permission
from umt.application.queries import Row
from umt.application.transaction import Outcome
from umt.domain import api_key, brand, campaign, content, integration, invitation, template, workspace
from umt.domain.errors import DomainError, NotFound
from umt.domain.event import Aggregate

_ERRORS: Final = "Why nothing was done; empty if it was. Ask for them, or a refusal is an error of the whole answer."


class Answer(NamedTuple):
    """What a command led to: fields of the payload, and the outcome."""

    shown: Mapping[str, Any]
    outcome: Outcome


@strawberry.interface(
    name="MutationPayload", description="What every mutation answers that carries out a command, or refuses to."
)
class Payload:
    error: ClassVar[type[MutationError]] = MutationError
    """The type of its errors."""

    position: str | None = strawberry.field(
        description="The log's position after the command: give it as `atLeast` to queries that must see the change."
        " Null if it was refused.",
        default=None,
    )
    repeated: bool = strawberry.field(
        description="Whether the command was carried out before, under the same idempotency key.", default=False
    )
    errors: list[MutationError] = strawberry.field(description=_ERRORS, default_factory=list)


@strawberry.type
class BrandPayload(Payload):
    brand: Brand | None = strawberry.field(
        description="The brand as the command left it; null if it was refused.", default=None
    )


@strawberry.type
class TemplatePayload(Payload):
    template: Template | None = strawberry.field(
        description="The template as the command left it; null if it was refused.", default=None
    )


@strawberry.type
class ContentPayload(Payload):
    content: Content | None = strawberry.field(
        description="The content as the command left it; null if it was refused.", default=None
    )


@strawberry.type
class CampaignPayload(Payload):
    campaign: Campaign | None = strawberry.field(
        description="The campaign as the command left it; null if it was refused.", default=None
    )


@strawberry.type
class IntegrationPayload(Payload):
    integration: Integration | None = strawberry.field(
        description="The connection as the command left it; null if it was refused.", default=None
    )


@strawberry.type
class WorkspacePayload(Payload):
    workspace: Workspace | None = strawberry.field(
        description="The workspace as the command left it; null if it was refused.", default=None
    )


@strawberry.type
class InvitationPayload(Payload):
    invitation: Invitation | None = strawberry.field(
        description="The invitation as the command left it; null if it was refused.", default=None
    )


@strawberry.type
class ApiKeyPayload(Payload):
    api_key: ApiKey | None = strawberry.field(
        description="What is known of the key as the command left it; null if it was refused.", default=None
    )


@strawberry.type
class AgentPolicyPayload(Payload):
    policy: AgentPolicy | None = strawberry.field(
        description="What holds as the command left it, in the workspace or for the campaign; null if it was refused.",
        default=None,
    )


@strawberry.type
class AgentRunPayload(Payload):
    run: AgentRun | None = strawberry.field(
        description="The reaction as the command left it; null if it was refused.", default=None
    )


@strawberry.type
class RecommendationPayload(Payload):
    recommendation: Recommendation | None = strawberry.field(
        description="The recommendation as the command left it; null if it was refused.", default=None
    )


_SHOWS: Final[dict[type[Payload], tuple[str, type[Aggregate], Callable[[Seen[Any]], Any]]]] = {
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

_SHOWS_ROWS: Final[dict[type[Payload], tuple[str, str, Callable[[Row], Any]]]] = {
    AgentRunPayload: ("run", "agent_runs", AgentRun.of_row),
    RecommendationPayload: ("recommendation", "agent_recommendations", Recommendation.of_its_own),
}
"""The same of things that are shown as a read model has them: the row is folded from the log."""


def payload_type(mutation: str, shows: type[Payload], refusals: Iterable[type[DomainError]]) -> type[Payload]:
    """The payload of one mutation (by the name of its command), with errors of that mutation's own."""
    error = error_type(mutation, refusals)
    body = {
        "__annotations__": {"errors": list[error]},  # type: ignore[valid-type]
        "errors": strawberry.field(description=_ERRORS, default_factory=list),
        "error": error,
        "__module__": __name__,
    }
    described = f"What `{mutation[0].lower()}{mutation[1:]}` answers."
    kind: type[Payload] = strawberry.type(type(f"{mutation}Payload", (shows,), body), description=described)
    return kind


async def shown_by(shows: type[Payload], request: Request, permission: Permission, outcome: Outcome) -> dict[str, Any]:
    """What a payload shows: the thing that the command was about, as it was at the outcome's position."""
    queries, subject = request.services.queries, outcome.subject
    assert subject, "a command is about something"
    if of_rows := next((_SHOWS_ROWS[above] for above in shows.__mro__ if above in _SHOWS_ROWS), None):
        field, view, of_row = of_rows
        rows = await queries.past.left(await request.caller(), permission, view, [subject], outcome.position)
        return {field: of_row(rows[subject])}
    field, aggregate, show = next(_SHOWS[above] for above in shows.__mro__ if above in _SHOWS)
    left = await queries.left(await request.caller(), permission, aggregate, subject, outcome.position)
    if left is None:
        raise NotFound(aggregate.kind, subject)
    return {field: show(Seen(subject, left.state, left.version, left.position, *left.times))}


def answered(gives: type[Payload], answer: Answer) -> Payload:
    """The payload of a command that was carried out."""
    position = positions.encode(answer.outcome.position)
    return gives(**answer.shown, position=position, repeated=answer.outcome.repeated)


def refused(gives: type[Payload], refusal: Exception, arguments: Arguments) -> Payload:
    """The payload of a command that was refused. LookupError if the mutation has no code for the reason."""
    return gives(errors=errors_of(gives.error, refusal, arguments))
