"""Read models: contents, and what they brought about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from umt.domain import content as events
from umt.domain.performance import PerformanceRecorded
from umt.domain.platform import Platform
from umt.domain.recorded import Envelope, Recorded
from umt.domain.values import unique_key
from umt.projections.figures import CURRENCY, FIGURES, figures
from umt.projections.table import Change, Column, Projection, Row, Table, plain

CONTENTS = Table(
    "contents",
    "Every content of a workspace as it stands.",
    key=(Column("content", "uuid", "The content's id."),),
    columns=(
        Column("brand", "uuid", "The brand it is for."),
        Column("title", "text", "Working title, from the brief."),
        Column("format", "text", "blog_post, social_post, email or ad_copy."),
        Column("status", "text", "requested, planned, drafted, selected, approved, published or archived."),
        Column("brief", "jsonb", "What was asked for."),
        Column("template", "jsonb", "The template's id (null: built-in), name and revision."),
        Column("strategy", "jsonb", "How it is to reach its goal, with the findings it rests on; null until planned."),
        Column("variations", "jsonb", "The proposals of the text."),
        Column("selected", "integer", "Number of the chosen proposal."),
        Column("approved_by", "text", "Who approved it."),
        Column("publications", "jsonb", "Each channel's state: address, id there, failure, time it waits for."),
        Column("url", "text", "Where it can be read: the first channel that confirmed."),
        Column(
            "published_at",
            "timestamptz",
            "When the first channel confirmed, by the business's clock.",
            lowest="'-infinity'::timestamptz",
        ),
        Column("created_at", "timestamptz", "When it was asked for, by the business's clock."),
        Column("version", "integer", "Version of the content's stream, for optimistic concurrency."),
        Column("title_key", "text", "The title as names are compared: without case, in one form of Unicode (NFKC)."),
    ),
    indexes=("workspace, brand, created_at, content", "workspace, status, created_at, content"),
    of_stream=True,
    sorted_by=("created_at", "position", "title_key", "published_at"),
)
contents = Projection("contents", CONTENTS, version=2)

CONTENT_PERFORMANCE = Table(
    "content_performance",
    "What the ads that show a content brought about, in one currency, over all time.",
    key=(Column("content", "uuid", "The content's id."), CURRENCY),
    columns=FIGURES,
)
content_performance = Projection("content_performance", CONTENT_PERFORMANCE)


@contents.on(events.ContentRequested)
def requested(event: events.ContentRequested, at: Recorded) -> Change:
    state = event.evolve(None)
    return CONTENTS.put(
        at,
        at.stream,
        brand=event.brand,
        title=event.brief.title,
        title_key=unique_key(event.brief.title),
        format=event.brief.format,
        status=state.status,
        brief=event.brief,
        template=event.template,
        strategy=None,
        variations=(),
        selected=None,
        approved_by=None,
        publications=state.publications,
        url=None,
        published_at=None,
        created_at=at.metadata.effective_at,
        version=at.version,
    )


@contents.on(events.StrategyProposed)
def planned(event: events.StrategyProposed, at: Recorded) -> Change:
    return CONTENTS.put(at, at.stream, strategy=event.strategy, status=events.Status.PLANNED, version=at.version)


@contents.on(events.VariationsGenerated)
def drafted(event: events.VariationsGenerated, at: Recorded) -> Change:
    return CONTENTS.update(
        at,
        at.stream,
        by=lambda row: {
            "variations": [*row["variations"], *plain(event.variations)],
            "status": events.Status.DRAFTED,
            "version": at.version,
        },
    )


@contents.on(events.VariationRevised)
def revised(event: events.VariationRevised, at: Recorded) -> Change:
    def edit(variation: dict[str, Any]) -> dict[str, Any]:
        if variation["number"] != event.number:
            return variation
        return {
            **variation,
            "headline": event.headline,
            "body": event.body,
            "revision": variation["revision"] + 1,
        }

    return CONTENTS.update(
        at, at.stream, by=lambda row: {"variations": [edit(v) for v in row["variations"]], "version": at.version}
    )


@contents.on(events.VariationSelected)
def selected(event: events.VariationSelected, at: Recorded) -> Change:
    return CONTENTS.put(at, at.stream, selected=event.number, status=events.Status.SELECTED, version=at.version)


@contents.on(events.ContentApproved)
def approved(event: events.ContentApproved, at: Recorded) -> Change:
    return CONTENTS.put(at, at.stream, approved_by=event.by, status=events.Status.APPROVED, version=at.version)


@contents.on(events.ContentRejected)
def rejected(event: events.ContentRejected, at: Recorded) -> Change:
    return CONTENTS.put(
        at, at.stream, selected=None, approved_by=None, status=events.Status.DRAFTED, version=at.version
    )


@contents.on(events.PublicationScheduled)
def scheduled(event: events.PublicationScheduled, at: Recorded) -> Change:
    return CONTENTS.update(at, at.stream, by=_publication(event.channel, at, scheduled_for=plain(event.at)))


@contents.on(events.ContentPublished)
def published(event: events.ContentPublished, at: Recorded) -> Change:
    change = _publication(event.channel, at, url=event.url, external_id=event.external_id, failure=None)

    def confirm(row: Row) -> Row:
        changed = change(row)
        done = all(p["url"] for p in changed["publications"])
        return {
            **changed,
            "url": row["url"] or event.url,
            "published_at": row["published_at"] or at.metadata.effective_at,
            "status": events.Status.PUBLISHED if done else row["status"],
        }

    return CONTENTS.update(at, at.stream, by=confirm)


@contents.on(events.PublicationFailed)
def publication_failed(event: events.PublicationFailed, at: Recorded) -> Change:
    return CONTENTS.update(at, at.stream, by=_publication(event.channel, at, failure=event.reason))


@contents.on(events.PublicationRetried)
def publication_retried(event: events.PublicationRetried, at: Recorded) -> Change:
    return CONTENTS.update(at, at.stream, by=_publication(event.channel, at, failure=None))


@contents.on(events.ContentArchived)
def archived(event: events.ContentArchived, at: Recorded) -> Change:
    return CONTENTS.put(at, at.stream, status=events.Status.ARCHIVED, version=at.version)


@content_performance.on(PerformanceRecorded)
def performed(event: PerformanceRecorded, at: Envelope) -> Iterator[Change]:
    for record in event.records:
        if record.content:
            yield CONTENT_PERFORMANCE.add(at, record.content, event.currency, **figures(record.change))


def _publication(channel: Platform, at: Recorded, **changes: Any) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        return {
            "publications": [{**p, **changes} if p["channel"] == channel else p for p in row["publications"]],
            "version": at.version,
        }

    return change
