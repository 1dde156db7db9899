"""The views of read_v1, whoever makes them: tables of projections, joins over them, and those that a migration writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

import msgspec


class Column(Protocol):
    """A column of a view."""

    @property
    def name(self) -> str: ...
    @property
    def sql_type(self) -> str: ...
    @property
    def comment(self) -> str: ...


class Shown(Protocol):
    """A table of a read model, or a view over such, as read_v1 shows it."""

    @property
    def name(self) -> str: ...
    @property
    def comment(self) -> str: ...
    @property
    def all_key(self) -> tuple[Column, ...]: ...
    @property
    def published(self) -> tuple[Column, ...]: ...


class Projection(Protocol):
    """A read model."""

    @property
    def name(self) -> str: ...
    @property
    def tables(self) -> Iterable[Shown]: ...


class PublishedColumn(msgspec.Struct, frozen=True):
    """A column of a published view: PostgreSQL's type, and what it means with the unit."""

    name: str
    sql_type: str
    comment: str
    summed: bool = False


class PublishedView(msgspec.Struct, frozen=True):
    """A view as data teams read it. ``projections``: those that its rows come from; none: the log itself."""

    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[PublishedColumn, ...]
    projections: tuple[str, ...] = ()

    @property
    def by_day(self) -> bool:
        """Whether it gets rows of each day, so that its age says something."""
        return any(column.name == "day" for column in self.columns)


def published_views(projections: Iterable[Projection], views: Iterable[Shown]) -> list[PublishedView]:
    """Every view of read_v1 by name: of projections' tables, over those, and what migrations wrote."""
    known = tuple(projections)
    everything = tuple(projection.name for projection in known)
    joined = [_published(view, everything) for view in views]
    return sorted([*tables_of(known), *joined, *WRITTEN], key=lambda view: view.name)


def tables_of(projections: Iterable[Projection]) -> list[PublishedView]:
    """The views that show a projection's table each."""
    return [_published(table, (projection.name,)) for projection in projections for table in projection.tables]


def _published(shown: Shown, projections: tuple[str, ...]) -> PublishedView:
    return PublishedView(
        shown.name,
        shown.comment,
        tuple(column.name for column in shown.all_key),
        tuple(
            PublishedColumn(c.name, c.sql_type, c.comment, summed=bool(getattr(c, "summed", False)))
            for c in shown.published
        ),
        projections,
    )


def _columns(*columns: tuple[str, str, str]) -> tuple[PublishedColumn, ...]:
    return tuple(PublishedColumn(*column) for column in columns)


PROJECTION_STATUS: Final = PublishedView(
    "projection_status",
    "How far each projection has come, whether its worker lives, and what it could not apply.",
    ("projection", "generation"),
    _columns(
        ("projection", "text", "The projection."),
        ("generation", "integer", "Number of its tables; a rebuild makes the next one."),
        ("version", "integer", "Version of the folds that fill them."),
        ("position", "bigint", "Every event of the log up to here is applied or parked."),
        ("head", "bigint", "The newest position of the log."),
        ("lag_events", "bigint", "Events after the position."),
        ("lag_seconds", "numeric", "Age of the oldest event after the position, in seconds; 0 without one."),
        (
            "state",
            "text",
            "current, catching_up, building (beside the live tables), failing (its work fails and is begun again), or"
            " silent (no sign of life for 5 seconds).",
        ),
        ("live", "boolean", "Whether read_v1 shows these tables."),
        ("worker", "text", "Who last worked on it."),
        ("beat_at", "timestamptz", "Its worker's last sign of life (UTC)."),
        ("restarts", "integer", "How often its work failed and was begun again."),
        ("failed_at", "timestamptz", "When its work last failed (UTC); null if never."),
        ("last_error", "text", "The kind of that failure."),
        ("dead_letters", "bigint", "Events of the reader's workspaces that are parked."),
    ),
)

EVENT_LOG: Final = PublishedView(
    "event_log",
    "Every event of the log, in its order; rows are never changed.",
    ("position",),
    _columns(
        ("position", "bigint", "Place in the log: gapless from 1 over all workspaces."),
        ("workspace", "uuid", "The tenant."),
        ("stream", "uuid", "Id of the thing that it happened to."),
        ("version", "integer", "Place in that thing's history: gapless from 1."),
        ("type", "text", "What happened, e.g. campaign.launched; described in docs/events.md."),
        (
            "schema_version",
            "smallint",
            "Version of the type's schema, in schemas/events, that the body was written by.",
        ),
        ("recorded_at", "timestamptz", "When it was recorded (UTC), never before its predecessor."),
        ("effective_at", "timestamptz", "When it happened, by the business's clock; null if the metadata is."),
        ("actor_kind", "text", "What kind of actor did it: user, agent, api_key or system; null if the metadata is."),
        (
            "actor",
            "text",
            "Who did it: a user's or a key's id, an agent's name, or a part of the system; null if the metadata is.",
        ),
        ("event_id", "uuid", "The event's own id; null if the metadata is."),
        ("correlation", "uuid", "Shared by everything that one request led to; null if the metadata is."),
        ("causation", "uuid", "The event_id of the event that led to this one; null if a person or a clock did."),
        (
            "metadata",
            "jsonb",
            "All that is known of it beside the body, as stored; null when what is stored cannot be read.",
        ),
        (
            "body",
            "jsonb",
            "The event as it was written, by its type's schema; personal fields are ciphertext. Null when what is stored cannot be read.",
        ),
    ),
)

WRITTEN: Final = (EVENT_LOG, PROJECTION_STATUS)
"""Views of read_v1 that migrations write."""
