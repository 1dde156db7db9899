"""Read model: publications."""

from __future__ import annotations

from collections.abc import Iterator

from umt.domain import content as events
from umt.domain.recorded import Recorded
from umt.projections.table import Change, Column, Projection, Table

PUBLICATIONS = Table(
    "publications",
    "Each content's publication on each of its channels. What is archived is not published any more: see contents.",
    key=(Column("content", "uuid", "The content's id."), Column("channel", "text", "The channel, by platform.")),
    columns=(
        Column("brand", "uuid", "The brand it is for."),
        Column("state", "text", "requested, scheduled, published or failed."),
        Column("scheduled_for", "timestamptz", "The time it waits for (UTC); null: as soon as it is approved."),
        Column("url", "text", "Where it can be read; null until published."),
        Column("external_id", "text", "Its id on the channel; null until published."),
        Column("failure", "text", "Why the channel refused it; null if it did not, or is tried again."),
        Column("requested_at", "timestamptz", "When the content was asked for, by the business's clock."),
        Column("published_at", "timestamptz", "When the channel confirmed, by the business's clock."),
        Column("failures", "sum integer", "How often the channel refused it for good."),
        Column(
            "due_at",
            "timestamptz",
            "When it was published, or what time it waits for (UTC); null: as soon as it is approved.",
            lowest="'-infinity'::timestamptz",
        ),
    ),
    indexes=("workspace, state",),
    of_stream=True,
    sorted_by=("due_at",),
)
publications = Projection("publications", PUBLICATIONS, version=2)


@publications.on(events.ContentRequested)
def requested(event: events.ContentRequested, at: Recorded) -> Iterator[Change]:
    for channel in event.brief.channels:
        yield PUBLICATIONS.put(
            at, at.stream, channel, brand=event.brand, state="requested", requested_at=at.metadata.effective_at
        )


@publications.on(events.PublicationScheduled)
def scheduled(event: events.PublicationScheduled, at: Recorded) -> Change:
    return PUBLICATIONS.put(at, at.stream, event.channel, state="scheduled", scheduled_for=event.at, due_at=event.at)


@publications.on(events.ContentPublished)
def published(event: events.ContentPublished, at: Recorded) -> Change:
    return PUBLICATIONS.put(
        at,
        at.stream,
        event.channel,
        state="published",
        url=event.url,
        external_id=event.external_id,
        failure=None,
        published_at=at.metadata.effective_at,
        due_at=at.metadata.effective_at,
    )


@publications.on(events.PublicationFailed)
def failed(event: events.PublicationFailed, at: Recorded) -> Iterator[Change]:
    yield PUBLICATIONS.put(at, at.stream, event.channel, state="failed", failure=event.reason)
    yield PUBLICATIONS.add(at, at.stream, event.channel, failures=1)


@publications.on(events.PublicationRetried)
def retried(event: events.PublicationRetried, at: Recorded) -> Change:
    return PUBLICATIONS.put(at, at.stream, event.channel, state="requested", failure=None)
