"""Read model: templates."""

from __future__ import annotations

from umt.domain import template as events
from umt.domain.recorded import Recorded
from umt.domain.values import unique_key
from umt.projections.table import Change, Column, Projection, Row, Table

TEMPLATES = Table(
    "templates",
    "Every template of a workspace as it stands.",
    key=(Column("template", "uuid", "The template's id."),),
    columns=(
        Column("name", "text", "Name, unique in the workspace."),
        Column("format", "text", "What kind of text it is for: blog_post, social_post, email or ad_copy."),
        Column("instructions", "text", "What the writer is told."),
        Column("revision", "integer", "Counts what it said, from 1."),
        Column("retired", "boolean", "Whether it is used for new content no more."),
        Column("created_at", "timestamptz", "When it was written, by the business's clock."),
        Column("version", "integer", "Version of the stream, for optimistic concurrency."),
        Column("name_key", "text", "The name as names are compared: without case, in one form of Unicode (NFKC)."),
    ),
    of_stream=True,
    sorted_by=("created_at", "position", "name_key"),
)
templates = Projection("templates", TEMPLATES)


@templates.on(events.TemplateCreated)
def created(event: events.TemplateCreated, at: Recorded) -> Change:
    return TEMPLATES.put(
        at,
        at.stream,
        name=event.name,
        name_key=unique_key(event.name),
        format=event.format,
        instructions=event.instructions,
        revision=1,
        retired=False,
        created_at=at.metadata.effective_at,
        version=at.version,
    )


@templates.on(events.TemplateRevised)
def revised(event: events.TemplateRevised, at: Recorded) -> Change:
    def revise(row: Row) -> Row:
        return {"instructions": event.instructions, "revision": row["revision"] + 1, "version": at.version}

    return TEMPLATES.update(at, at.stream, by=revise)


@templates.on(events.TemplateRetired)
def retired(event: events.TemplateRetired, at: Recorded) -> Change:
    return TEMPLATES.put(at, at.stream, retired=True, version=at.version)
