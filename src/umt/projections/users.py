"""Read model: users. No name and no address is here: personal data is not published in plain."""

from __future__ import annotations

from uuid import UUID

from umt.domain import invitation as invitations
from umt.domain import user as people
from umt.domain import workspace as events
from umt.domain.recorded import Recorded
from umt.projections.table import Change, Column, Projection, Row, Table

USERS = Table(
    "users",
    "Everybody who works in a workspace, did or is invited to, without names and addresses of people.",
    key=(Column("user_id", "uuid", "The user's id in this workspace."),),
    columns=(
        Column("kind", "text", "person or service: a program that works by API keys."),
        Column("service", "text", "A service account's name; null for a person."),
        Column(
            "status", "text", "invited, active, removed or erased; an invitation may have expired or been taken back."
        ),
        Column("invited_at", "timestamptz", "When they were last invited, by the business's clock; null if never."),
        Column("joined_at", "timestamptz", "When they became a member, by the business's clock; null if they did not."),
        Column("removed_at", "timestamptz", "When they stopped being a member, by the business's clock; null if not."),
        Column(
            "erased_at", "timestamptz", "When their personal data was erased, by the business's clock; null if not."
        ),
    ),
)
users = Projection("users", USERS, sequenced_by="workspace")


@users.on(invitations.InvitationSent)
def invited(event: invitations.InvitationSent, at: Recorded) -> Change:
    return USERS.put(at, event.user, kind="person", status="invited", invited_at=at.metadata.effective_at)


@users.on(invitations.InvitationRevoked)
def withdrawn(event: invitations.InvitationRevoked, at: Recorded) -> Change:
    return _removed(event.user, at)


@users.on(events.MemberAdded)
def joined(event: events.MemberAdded, at: Recorded) -> Change:
    return USERS.put(
        at, event.user, kind="person", status="active", joined_at=at.metadata.effective_at, removed_at=None
    )


@users.on(events.ServiceAccountAdded)
def installed(event: events.ServiceAccountAdded, at: Recorded) -> Change:
    return USERS.put(
        at,
        event.user,
        kind="service",
        service=event.name,
        status="active",
        joined_at=at.metadata.effective_at,
        removed_at=None,
    )


@users.on(events.MemberRemoved)
def removed(event: events.MemberRemoved, at: Recorded) -> Change:
    return _removed(event.user, at)


@users.on(people.UserErased)
def erased(event: people.UserErased, at: Recorded) -> Change:
    return USERS.put(at, event.user, kind="person", status="erased", erased_at=at.metadata.effective_at)


def _removed(user: UUID, at: Recorded) -> Change:
    """Who was erased stays so: that a person is a member no more may be said after it."""

    def leave(row: Row) -> Row:
        status = "erased" if row.get("erased_at") else "removed"
        return {"status": status, "removed_at": at.metadata.effective_at}

    return USERS.update(at, user, by=leave)
