"""Read model: invitations. The invited address is not here: personal data is not published in plain."""

from __future__ import annotations

from umt.domain import invitation as events
from umt.domain.invitation import Status
from umt.domain.recorded import Recorded
from umt.projections.table import Change, Column, Projection, Table

INVITATIONS = Table(
    "invitations",
    "Everybody who was invited to a workspace, without their addresses.",
    key=(Column("invitation", "uuid", "The invitation's id."),),
    columns=(
        Column("user_id", "uuid", "The user's id in this workspace, once they accept."),
        Column("role", "text", "The role that they are invited to: owner, admin, marketer, analyst or auditor."),
        Column("status", "text", "open (also when it has expired), accepted or revoked."),
        Column("invited_by", "uuid", "The member who invites them; users.user_id."),
        Column("created_at", "timestamptz", "When they were invited, by the business's clock."),
        Column("expires_at", "timestamptz", "Until when they can accept."),
        Column(
            "ended_at", "timestamptz", "When it was accepted or taken back, by the business's clock; null if neither."
        ),
        Column("version", "integer", "Version of the stream, for optimistic concurrency."),
    ),
    of_stream=True,
    sorted_by=("created_at", "expires_at"),
)
invitations = Projection("invitations", INVITATIONS, version=2)


@invitations.on(events.InvitationSent)
def sent(event: events.InvitationSent, at: Recorded) -> Change:
    return INVITATIONS.put(
        at,
        at.stream,
        user_id=event.user,
        role=event.role,
        status=Status.OPEN,
        invited_by=event.by,
        created_at=at.metadata.effective_at,
        expires_at=event.expires_at,
        ended_at=None,
        version=at.version,
    )


@invitations.on(events.InvitationAccepted)
def accepted(event: events.InvitationAccepted, at: Recorded) -> Change:
    return _ended(at, Status.ACCEPTED)


@invitations.on(events.InvitationRevoked)
def revoked(event: events.InvitationRevoked, at: Recorded) -> Change:
    return _ended(at, Status.REVOKED)


def _ended(at: Recorded, status: Status) -> Change:
    return INVITATIONS.put(at, at.stream, status=status, ended_at=at.metadata.effective_at, version=at.version)
