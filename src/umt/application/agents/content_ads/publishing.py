"""Approved contents are published on their channels, each now or when it is due."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from umt.application.agents.content_ads.agent import agent
from umt.application.agents.content_ads.platforms import reference
from umt.application.agents.reaction import Facts, Remind, Settled, Step, Wake
from umt.application.commands.content import ConfirmPublication, FailPublication
from umt.application.effects import PublishPost
from umt.application.ports import Post
from umt.domain.content import Content, ContentApproved, PublicationRetried, Status
from umt.domain.platform import Platform
from umt.domain.recorded import Recorded


@agent.on(ContentApproved)
def publish_approved(event: ContentApproved, at: Recorded, facts: Facts) -> Iterator[Step]:
    """Every channel is published now, or at the time it was scheduled for."""
    content = facts.get(Content, at.stream)
    for publication in content.publications:
        if publication.scheduled_for and publication.scheduled_for > facts.now:
            yield Remind(f"publish/{publication.channel}", at.stream, publication.scheduled_for)
        else:
            yield from _publish(content, at.stream, publication.channel, facts)


@agent.on(PublicationRetried)
def publish_again(event: PublicationRetried, at: Recorded, facts: Facts) -> Iterator[Step]:
    yield from _publish(facts.get(Content, at.stream), at.stream, event.channel, facts)


@agent.at("publish")
def publish_scheduled(wake: Wake, facts: Facts) -> Iterator[Step]:
    """Its time has come, if it is still to be published at all."""
    content = facts.get(Content, wake.subject)
    if content.status is Status.APPROVED:
        yield from _publish(content, wake.subject, Platform(wake.name.partition("/")[2]), facts)


@agent.after(PublishPost)
def conclude_publication(outcome: Settled, facts: Facts) -> Iterator[Step]:
    effect: PublishPost = outcome.effect  # type: ignore[assignment]
    if outcome.error:
        yield FailPublication(content=effect.content, channel=effect.channel, reason=outcome.error)
    else:
        yield ConfirmPublication(
            content=effect.content,
            channel=effect.channel,
            url=outcome.result.url,
            external_id=outcome.result.external_id,
        )


def _publish(content: Content, identifier: UUID, channel: Platform, facts: Facts) -> Iterator[Step]:
    integration = facts.integration_of(channel)
    if integration is None:
        reason = f"No {channel.label} is connected to this workspace; connect one and retry."
        yield FailPublication(content=identifier, channel=channel, reason=reason)
        return
    assert content.selected is not None
    chosen = content.variation(content.selected)
    yield PublishPost(
        lock=str(identifier),
        integration=integration,
        content=identifier,
        channel=channel,
        post=Post(reference=reference(identifier), title=chosen.headline, body=chosen.body, excerpt=chosen.excerpt),
    )
