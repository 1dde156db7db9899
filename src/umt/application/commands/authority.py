"""In which role somebody decides about others, as the log has it at that moment."""

from __future__ import annotations

from umt.application.transaction import Transaction
from umt.domain.errors import OutOfReach
from umt.domain.workspace import Role, Workspace


def authority(tx: Transaction) -> Role | None:
    """The role of who asks; None for the installation's operator. A request knows the role that its sender had when it
    came in; until it is decided, they may have got another one, or be out."""
    context = tx.context
    if context.role is None or context.principal is None:
        return context.role
    member = tx.get(Workspace, context.workspace).member(context.principal)
    if member is None:
        raise OutOfReach("You are no member of this workspace any more.")
    return member.role
