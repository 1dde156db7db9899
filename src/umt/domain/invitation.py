"""Invitation: an address that is asked to join a workspace in a role, once and for a while.

The address is sealed under the key of the user that it will be, so erasing the person covers the invitation.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from msgspec.structs import replace

from umt.domain.errors import AlreadyExists, NotFound
from umt.domain.event import Aggregate, Event, decides
from umt.domain.personal import PLACEHOLDER, Personal
from umt.domain.user import email_address
from umt.domain.values import Instant
from umt.domain.workspace import Role


class Status(StrEnum):
    """How far an invitation has come; an open one may have expired."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"


class Invitation(Aggregate, frozen=True, kw_only=True):
    """An invitation as it stands. ``user`` is who the person will be here, ``by`` the member who invites them."""

    kind: ClassVar[str] = "invitation"
    user: UUID
    email: Personal
    role: Role
    expires_at: Instant
    by: UUID | None = None
    status: Status = Status.OPEN

    def is_open(self, now: datetime) -> bool:
        """Whether it can be accepted; not when the person was erased."""
        return self.status is Status.OPEN and now < self.expires_at and self.email.text != PLACEHOLDER


class InvitationSent(Event, frozen=True):
    """Somebody was invited to work here in a role."""

    user: UUID
    email: Personal
    role: Role
    expires_at: Instant
    by: UUID | None = None

    def evolve(self, _: None) -> Invitation:
        return Invitation(user=self.user, email=self.email, role=self.role, expires_at=self.expires_at, by=self.by)


class InvitationAccepted(Event, frozen=True):
    """The invited person became a member."""

    user: UUID

    def evolve(self, invitation: Invitation) -> Invitation:
        return replace(invitation, status=Status.ACCEPTED)


class InvitationRevoked(Event, frozen=True):
    """The invitation was taken back; its token opens nothing any more."""

    user: UUID

    def evolve(self, invitation: Invitation) -> Invitation:
        return replace(invitation, status=Status.REVOKED)


@decides
def send(
    invitation: Invitation | None, user: UUID, email: str, role: Role, expires_at: datetime, by: UUID | None
) -> InvitationSent:
    if invitation:
        raise AlreadyExists("invitation", user)
    return InvitationSent(user, Personal(email_address(email), user), role, expires_at, by)


@decides
def accept(invitation: Invitation, now: datetime) -> InvitationAccepted:
    if not invitation.is_open(now):
        raise InvalidInvitation
    return InvitationAccepted(invitation.user)


@decides
def revoke(invitation: Invitation) -> InvitationRevoked | None:
    if invitation.status is Status.ACCEPTED:
        raise AlreadyExists("member", invitation.user)
    return InvitationRevoked(invitation.user) if invitation.status is Status.OPEN else None


class InvalidInvitation(NotFound):
    """There is no open invitation of this token; why is told to nobody."""

    def __init__(self) -> None:
        super().__init__("invitation", "of this token")
        self.args = ("This invitation cannot be accepted: it was used, taken back or has expired. Ask for a new one.",)
