"""Commands on contents and templates."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from umt.application.dispatch import Command
from umt.application.fields import Plain, value_of
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import content, template
from umt.domain.brand import Brand
from umt.domain.content import Brief, Content, Strategy, TemplateVersion, Variation
from umt.domain.errors import WrongStatus
from umt.domain.platform import Platform
from umt.domain.template import Format, Template

BUILT_IN = TemplateVersion(template=None, name="built-in", revision=1)


class CreateTemplate(Command):
    """Write a template."""

    permission: ClassVar[Permission] = Permission.CONTENT_WRITE
    name: str
    format: Format
    instructions: str

    def handle(self, tx: Transaction) -> None:
        identifier = tx.new_id()
        tx.reserve("template", self.name, identifier)
        tx.create(Template, identifier, template.create, self.name, self.format, self.instructions)


class ReviseTemplate(Command):
    """Change what a template says; what was made before keeps its revision."""

    permission: ClassVar[Permission] = Permission.CONTENT_WRITE
    template: UUID
    instructions: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Template, self.template, template.revise, self.instructions)


class RequestContent(Command):
    """Ask for a content of a brand; the agents plan and draft it."""

    permission: ClassVar[Permission] = Permission.CONTENT_WRITE
    brand: UUID
    brief: Annotated[Brief, value_of(Brief), Plain]
    template: UUID | None = None

    def handle(self, tx: Transaction) -> None:
        tx.get(Brand, self.brand).require_active()
        made_from = BUILT_IN
        if self.template:
            found = tx.get(Template, self.template)
            if found.retired:
                raise WrongStatus("template", "retired", "in use")
            made_from = TemplateVersion(self.template, found.name, found.revision)
        tx.create(Content, tx.new_id(), content.request, self.brand, self.brief, made_from)


class ProposeStrategy(Command):
    """Record the strategy that was worked out."""

    permission: ClassVar[Permission] = Permission.AGENT_WORK
    content: UUID
    strategy: Annotated[Strategy, value_of(Strategy), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Content, self.content, content.propose_strategy, self.strategy)


class AddVariations(Command):
    """Record the proposals that were written."""

    permission: ClassVar[Permission] = Permission.AGENT_WORK
    content: UUID
    variations: Annotated[tuple[Variation, ...], value_of(tuple[Variation, ...]), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Content, self.content, content.add_variations, self.variations)


class ReviseVariation(Command):
    """Edit a proposal before it is approved."""

    permission: ClassVar[Permission] = Permission.CONTENT_WRITE
    content: UUID
    number: int
    headline: str
    body: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Content, self.content, content.revise_variation, self.number, self.headline, self.body)


class SelectVariation(Command):
    """Choose a proposal."""

    permission: ClassVar[Permission] = Permission.CONTENT_WRITE
    content: UUID
    number: int

    def handle(self, tx: Transaction) -> None:
        tx.decide(Content, self.content, content.select_variation, self.number)


class SchedulePublication(Command):
    """Let a channel's publication wait for a time."""

    permission: ClassVar[Permission] = Permission.CONTENT_WRITE
    content: UUID
    channel: Platform
    at: datetime

    def handle(self, tx: Transaction) -> None:
        tx.decide(Content, self.content, content.schedule, self.channel, self.at)


class ApproveContent(Command):
    """Approve the chosen proposal; it is then published on its channels."""

    permission: ClassVar[Permission] = Permission.CONTENT_APPROVE
    content: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(Content, self.content, content.approve, str(tx.context.actor))


class RejectContent(Command):
    """Send the chosen proposal back with a reason."""

    permission: ClassVar[Permission] = Permission.CONTENT_APPROVE
    content: UUID
    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Content, self.content, content.reject, str(tx.context.actor), self.reason)


class ConfirmPublication(Command):
    """Record that a channel published the content."""

    permission: ClassVar[Permission] = Permission.AGENT_WORK
    content: UUID
    channel: Platform
    url: str
    external_id: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Content, self.content, content.confirm_publication, self.channel, self.url, self.external_id)


class FailPublication(Command):
    """Record that a channel refused the content for good."""

    permission: ClassVar[Permission] = Permission.AGENT_WORK
    content: UUID
    channel: Platform
    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Content, self.content, content.fail_publication, self.channel, self.reason)


class RetryPublication(Command):
    """Try a failed publication again."""

    permission: ClassVar[Permission] = Permission.CONTENT_APPROVE
    content: UUID
    channel: Platform

    def handle(self, tx: Transaction) -> None:
        tx.decide(Content, self.content, content.retry_publication, self.channel)


class ArchiveContent(Command):
    """Put a content away."""

    permission: ClassVar[Permission] = Permission.CONTENT_WRITE
    content: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(Content, self.content, content.archive)
