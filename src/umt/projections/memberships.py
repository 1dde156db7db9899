"""Read model: memberships."""

from __future__ import annotations

from typing import Any

from umt.domain import workspace as events
from umt.domain.recorded import Recorded
from umt.projections.table import Change, Column, Projection, Table

MEMBERSHIPS = Table(
    "memberships",
    "Each member's role in a workspace; who left stays, with the role they had last.",
    key=(Column("user_id", "uuid", "The user's id in this workspace."),),
    columns=(
        Column("role", "text", "owner, admin, marketer, analyst or auditor."),
        Column("since", "timestamptz", "When they got this role, by the business's clock."),
        Column("given_by", "text", "Who gave them this role, as kind:id."),
        Column(
            "vouched", "boolean", "Whether an owner let them in or gave them a role, as approvals above the limit need."
        ),
        Column("ended_at", "timestamptz", "When they stopped being a member, by the business's clock; null if not."),
        Column("ended_by", "text", "Who took them out, as kind:id; null if nobody did."),
    ),
)
memberships = Projection("memberships", MEMBERSHIPS, sequenced_by="workspace")


@memberships.on(events.MemberAdded)
def added(event: events.MemberAdded, at: Recorded) -> Change:
    return _given(at, event, vouched=event.vouched, ended_at=None, ended_by=None)


@memberships.on(events.ServiceAccountAdded)
def installed(event: events.ServiceAccountAdded, at: Recorded) -> Change:
    return _given(at, event, vouched=True, ended_at=None, ended_by=None)


@memberships.on(events.MemberRoleChanged)
def changed(event: events.MemberRoleChanged, at: Recorded) -> Change:
    return _given(at, event, **({"vouched": True} if event.vouched else {}))


@memberships.on(events.MemberRemoved)
def removed(event: events.MemberRemoved, at: Recorded) -> Change:
    ended = {"ended_at": at.metadata.effective_at, "ended_by": str(at.metadata.actor)}
    return MEMBERSHIPS.put(at, event.user, **ended)


def _given(
    at: Recorded, event: events.MemberAdded | events.ServiceAccountAdded | events.MemberRoleChanged, **more: Any
) -> Change:
    given = {"role": event.role, "since": at.metadata.effective_at, "given_by": str(at.metadata.actor)}
    return MEMBERSHIPS.put(at, event.user, **given, **more)
