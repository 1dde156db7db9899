"""Read model: API keys."""

from __future__ import annotations

from umt.domain import api_key as events
from umt.domain.recorded import Recorded
from umt.projections.table import Change, Column, Projection, Table

API_KEYS = Table(
    "api_keys",
    "Every API key of a workspace, the revoked ones included. Of the key itself only its first characters are known.",
    key=(Column("api_key", "uuid", "The key's id."),),
    columns=(
        Column("holder", "uuid", "The member, person or service account, whose role it has; users.user_id."),
        Column("name", "text", "What it is called."),
        Column("prefix", "text", "How the key begins, to tell keys apart."),
        Column("scopes", "jsonb", "The permissions that it may use of its holder's."),
        Column("created_at", "timestamptz", "When it was made, by the business's clock."),
        Column("created_by", "text", "Who made it, as kind:id."),
        Column("expires_at", "timestamptz", "Until when it can be used."),
        Column("revoked_at", "timestamptz", "When it was revoked, by the business's clock; null if it was not."),
        Column("revoked_by", "text", "Who revoked it, as kind:id; null if nobody did."),
        Column("revoked_reason", "text", "Why; null if it was not revoked."),
        Column(
            "last_used_at",
            "timestamptz",
            "The hour of its last use, by the clock of the server; null if never used.",
            lowest="'-infinity'::timestamptz",
        ),
        Column("version", "integer", "Version of the stream, for optimistic concurrency."),
        Column(
            "made_by",
            "uuid",
            "The member who made it and answers for what it does; users.user_id. Null if no member made it.",
        ),
    ),
    indexes=("workspace, holder, created_at, api_key",),
    of_stream=True,
    sorted_by=("created_at", "expires_at", "last_used_at"),
)
api_keys = Projection("api_keys", API_KEYS, version=2)


@api_keys.on(events.ApiKeyCreated)
def created(event: events.ApiKeyCreated, at: Recorded) -> Change:
    return API_KEYS.put(
        at,
        at.stream,
        holder=event.holder,
        name=event.name,
        prefix=event.prefix,
        scopes=event.scopes,
        created_at=at.metadata.effective_at,
        created_by=str(at.metadata.actor),
        expires_at=event.expires_at,
        revoked_at=None,
        revoked_by=None,
        revoked_reason=None,
        last_used_at=None,
        version=at.version,
        made_by=event.by,
    )


@api_keys.on(events.ApiKeyUsed)
def used(event: events.ApiKeyUsed, at: Recorded) -> Change:
    return API_KEYS.put(at, at.stream, last_used_at=event.hour, version=at.version)


@api_keys.on(events.ApiKeyRevoked)
def revoked(event: events.ApiKeyRevoked, at: Recorded) -> Change:
    return API_KEYS.put(
        at,
        at.stream,
        revoked_at=at.metadata.effective_at,
        revoked_by=str(at.metadata.actor),
        revoked_reason=event.reason,
        version=at.version,
    )
