"""Invitation: an address that may join a workspace, once and for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.given import given
from tests.unit.domain.stories import ANNA, BEN

from umt.domain import invitation as decide
from umt.domain.errors import AlreadyExists, InvalidValue
from umt.domain.invitation import (
    InvalidInvitation,
    InvitationAccepted,
    InvitationRevoked,
    InvitationSent,
    Status,
)
from umt.domain.personal import Personal
from umt.domain.workspace import Role

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOON = NOW + timedelta(days=7)
SENT = InvitationSent(BEN, Personal("ben@example.com", BEN), Role.MARKETER, SOON, ANNA)


def test_an_address_is_invited_once_under_the_key_of_who_it_will_be() -> None:
    given().when(decide.send, BEN, " ben@EXAMPLE.com ", Role.MARKETER, SOON, ANNA).then(SENT).when(
        decide.send, BEN, "ben@example.com", Role.MARKETER, SOON, ANNA
    ).then_fails(AlreadyExists)


def test_what_is_no_address_is_not_invited() -> None:
    given().when(decide.send, BEN, "ben", Role.MARKETER, SOON, ANNA).then_fails(InvalidValue, "email")


def test_an_invitation_is_accepted_once() -> None:
    given(SENT).when(decide.accept, NOW).then(InvitationAccepted(BEN)).then_state(status=Status.ACCEPTED).when(
        decide.accept, NOW
    ).then_fails(InvalidInvitation)


@pytest.mark.parametrize(
    ("history", "moment"),
    [
        ((SENT,), SOON),
        ((SENT, InvitationRevoked(BEN)), NOW),
        ((SENT, InvitationAccepted(BEN)), NOW),
        ((InvitationSent(BEN, Personal.erased(BEN), Role.MARKETER, SOON),), NOW),
    ],
    ids=["expired", "revoked", "accepted", "erased"],
)
def test_why_an_invitation_is_not_accepted_is_told_to_nobody(
    history: tuple[InvitationSent, ...], moment: datetime
) -> None:
    refusal = given(*history).when(decide.accept, moment).then_fails(InvalidInvitation)
    assert str(refusal) == str(InvalidInvitation())


def test_an_open_invitation_is_revoked_and_an_accepted_one_is_not() -> None:
    given(SENT).when(decide.revoke).then(InvitationRevoked(BEN)).when(decide.revoke).then_nothing()
    given(SENT, InvitationAccepted(BEN)).when(decide.revoke).then_fails(AlreadyExists)
