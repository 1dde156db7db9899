"""Content: from a brief to a published text.

``requested → planned → drafted → selected → approved → published`` with rejection leading back to a new choice,
a failed publication to another try, and archiving from everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from umt.domain.errors import AlreadyExists, InvalidValue, NotFound, NotReady, WrongStatus
from umt.domain.event import Aggregate, Event, decides
from umt.domain.platform import Platform
from umt.domain.template import Format
from umt.domain.values import Instant, text, texts, told
from umt.domain.values import url as web_address


class Status(StrEnum):
    """How far a content has come."""

    REQUESTED = "requested"
    PLANNED = "planned"
    DRAFTED = "drafted"
    SELECTED = "selected"
    APPROVED = "approved"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Brief(msgspec.Struct, frozen=True):
    """What a marketer asks for."""

    title: str
    goal: str
    format: Format = Format.BLOG_POST
    keywords: tuple[str, ...] = ()
    audience: str = ""
    channels: tuple[Platform, ...] = (Platform.CMS,)
    variations: int = 3

    def checked(self) -> Brief:
        if not 1 <= self.variations <= 10:
            raise InvalidValue("brief.variations", "between 1 and 10 can be asked for")
        if not self.channels or len(set(self.channels)) < len(self.channels):
            raise InvalidValue("brief.channels", "name each channel once, and at least one")
        return replace(
            self,
            title=text(self.title, "brief.title"),
            goal=text(self.goal, "brief.goal", longest=2000),
            keywords=texts(self.keywords, "brief.keywords", longest=80),
            audience=text(self.audience, "brief.audience", empty=True),
        )


class TemplateVersion(msgspec.Struct, frozen=True):
    """Which revision of which template a variation was made from; no template means the built-in one."""

    template: UUID | None
    name: str
    revision: int


class Finding(msgspec.Struct, frozen=True):
    """One thing a strategy rests on: what was looked at and what it says."""

    source: str
    says: str


class Strategy(msgspec.Struct, frozen=True):
    """How the content is to reach its goal, and why so."""

    angle: str
    tone: str
    keywords: tuple[str, ...]
    outline: tuple[str, ...]
    call_to_action: str
    findings: tuple[Finding, ...]


class Variation(msgspec.Struct, frozen=True):
    """One proposal of the text. ``writer`` says which model or rule wrote it."""

    number: int
    headline: str
    body: str
    excerpt: str
    call_to_action: str
    template: TemplateVersion
    writer: str
    revision: int = 1


class Publication(msgspec.Struct, frozen=True):
    """A channel's state of publication."""

    channel: Platform
    url: str | None = None
    external_id: str | None = None
    failure: str | None = None
    scheduled_for: Instant | None = None

    @property
    def done(self) -> bool:
        return self.url is not None


class Content(Aggregate, frozen=True, kw_only=True):
    """A content as it stands."""

    kind: ClassVar[str] = "content"
    brand: UUID
    brief: Brief
    template: TemplateVersion
    status: Status = Status.REQUESTED
    strategy: Strategy | None = None
    variations: tuple[Variation, ...] = ()
    selected: int | None = None
    approved_by: str | None = None
    publications: tuple[Publication, ...] = ()

    def require(self, *allowed: Status) -> None:
        if self.status not in allowed:
            raise WrongStatus("content", self.status, *allowed)

    def variation(self, number: int) -> Variation:
        for variation in self.variations:
            if variation.number == number:
                return variation
        raise NotFound("variation", str(number))

    def publication(self, channel: Platform) -> Publication:
        for publication in self.publications:
            if publication.channel == channel:
                return publication
        raise NotFound("channel", channel)

    def with_publication(self, publication: Publication) -> Content:
        return replace(
            self,
            publications=tuple(publication if p.channel == publication.channel else p for p in self.publications),
        )


class ContentRequested(Event, frozen=True):
    """A marketer asked for a content of a brand."""

    brand: UUID
    brief: Brief
    template: TemplateVersion

    def evolve(self, _: None) -> Content:
        return Content(
            brand=self.brand,
            brief=self.brief,
            template=self.template,
            publications=tuple(Publication(channel) for channel in self.brief.channels),
        )


class StrategyProposed(Event, frozen=True):
    """A strategy was worked out from the brand, its competitors and past performance."""

    strategy: Strategy

    def evolve(self, content: Content) -> Content:
        return replace(content, strategy=self.strategy, status=Status.PLANNED)


class VariationsGenerated(Event, frozen=True):
    """Proposals of the text were written in the brand's voice."""

    variations: tuple[Variation, ...]

    def evolve(self, content: Content) -> Content:
        return replace(content, variations=(*content.variations, *self.variations), status=Status.DRAFTED)


class VariationRevised(Event, frozen=True):
    """A person edited a proposal; the revision counts up."""

    number: int
    headline: str
    body: str

    def evolve(self, content: Content) -> Content:
        return replace(
            content,
            variations=tuple(
                replace(v, headline=self.headline, body=self.body, revision=v.revision + 1)
                if v.number == self.number
                else v
                for v in content.variations
            ),
        )


class VariationSelected(Event, frozen=True):
    """One proposal was chosen."""

    number: int

    def evolve(self, content: Content) -> Content:
        return replace(content, selected=self.number, status=Status.SELECTED)


class ContentApproved(Event, frozen=True):
    """The chosen proposal may be published."""

    by: str

    def evolve(self, content: Content) -> Content:
        return replace(content, approved_by=self.by, status=Status.APPROVED)


class ContentRejected(Event, frozen=True):
    """The chosen proposal may not be published; another one can be chosen."""

    by: str
    reason: str

    def evolve(self, content: Content) -> Content:
        return replace(content, selected=None, approved_by=None, status=Status.DRAFTED)


class PublicationScheduled(Event, frozen=True):
    """A channel's publication waits for its time."""

    channel: Platform
    at: Instant

    def evolve(self, content: Content) -> Content:
        return content.with_publication(replace(content.publication(self.channel), scheduled_for=self.at))


class ContentPublished(Event, frozen=True):
    """A channel confirmed the publication and gave its address."""

    channel: Platform
    url: str
    external_id: str

    def evolve(self, content: Content) -> Content:
        done = replace(content.publication(self.channel), url=self.url, external_id=self.external_id, failure=None)
        content = content.with_publication(done)
        return replace(content, status=Status.PUBLISHED) if all(p.done for p in content.publications) else content


class PublicationFailed(Event, frozen=True):
    """A channel refused the publication for good."""

    channel: Platform
    reason: str

    def evolve(self, content: Content) -> Content:
        return content.with_publication(replace(content.publication(self.channel), failure=self.reason))


class PublicationRetried(Event, frozen=True):
    """A person asked to try a failed publication again."""

    channel: Platform

    def evolve(self, content: Content) -> Content:
        return content.with_publication(replace(content.publication(self.channel), failure=None))


class ContentArchived(Event, frozen=True):
    """The content was put away."""

    def evolve(self, content: Content) -> Content:
        return replace(content, status=Status.ARCHIVED)


_BEFORE_APPROVAL = (Status.DRAFTED, Status.SELECTED)


@decides
def request(content: Content | None, brand: UUID, brief: Brief, template: TemplateVersion) -> ContentRequested:
    if content:
        raise AlreadyExists("content", content.brief.title)
    return ContentRequested(brand, brief.checked(), template)


@decides
def propose_strategy(content: Content, strategy: Strategy) -> StrategyProposed:
    content.require(Status.REQUESTED)
    return StrategyProposed(strategy)


@decides
def add_variations(content: Content, variations: Iterable[Variation]) -> VariationsGenerated:
    content.require(Status.PLANNED, Status.DRAFTED)
    new = tuple(variations)
    numbers = [v.number for v in (*content.variations, *new)]
    if not new or len(set(numbers)) < len(numbers):
        raise InvalidValue("variations", "each needs a number of its own")
    for variation in new:
        text(variation.headline, "headline", longest=300)
        text(variation.body, "body", longest=50_000)
    return VariationsGenerated(new)


@decides
def revise_variation(content: Content, number: int, headline: str, body: str) -> VariationRevised | None:
    content.require(*_BEFORE_APPROVAL)
    old = content.variation(number)
    change = VariationRevised(number, text(headline, "headline", longest=300), text(body, "body", longest=50_000))
    return change if (change.headline, change.body) != (old.headline, old.body) else None


@decides
def select_variation(content: Content, number: int) -> VariationSelected | None:
    content.require(*_BEFORE_APPROVAL)
    content.variation(number)
    return VariationSelected(number) if content.selected != number else None


@decides
def approve(content: Content, by: str) -> ContentApproved:
    if content.status in (Status.REQUESTED, Status.PLANNED, Status.DRAFTED):
        raise NotReady("Select a variation before it is approved.")
    content.require(Status.SELECTED)
    return ContentApproved(by)


@decides
def reject(content: Content, by: str, reason: str) -> ContentRejected:
    content.require(Status.SELECTED)
    return ContentRejected(by, text(reason, "reason", longest=1000))


@decides
def schedule(content: Content, channel: Platform, at: datetime) -> PublicationScheduled | None:
    content.require(Status.PLANNED, *_BEFORE_APPROVAL)
    if at.tzinfo is None:
        raise InvalidValue("at", "needs a time zone or offset, e.g. 2026-01-31T09:00:00+01:00")
    return PublicationScheduled(channel, at) if content.publication(channel).scheduled_for != at else None


@decides
def confirm_publication(content: Content, channel: Platform, url: str, external_id: str) -> ContentPublished | None:
    content.require(Status.APPROVED, Status.PUBLISHED)
    if content.publication(channel).done:
        return None
    return ContentPublished(channel, web_address(url, "url"), text(external_id, "externalId", longest=200))


@decides
def fail_publication(content: Content, channel: Platform, reason: str) -> PublicationFailed | None:
    content.require(Status.APPROVED)
    publication = content.publication(channel)
    if publication.done or publication.failure:
        return None
    return PublicationFailed(channel, told(reason, longest=1000) or "no reason was given")


@decides
def retry_publication(content: Content, channel: Platform) -> PublicationRetried:
    content.require(Status.APPROVED)
    if not content.publication(channel).failure:
        raise NotReady(f"The publication on {channel} has not failed; there is nothing to retry.")
    return PublicationRetried(channel)


@decides
def archive(content: Content) -> ContentArchived | None:
    return None if content.status is Status.ARCHIVED else ContentArchived()
