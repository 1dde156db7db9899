"""In which role somebody decides about others, and who answers for what was decided, as the log has it at that moment."""

from __future__ import annotations

from umt.application.transaction import Context, Transaction
from umt.domain.campaign import Approver
from umt.domain.errors import OutOfReach
from umt.domain.recorded import ActorKind
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


def answerable(context: Context) -> str:
    """The member who answers for it, as kind:id: of an API key who made it, since a service account decides nothing."""
    member = context.maker or context.principal
    return f"{ActorKind.USER}:{member}" if member else str(context.actor)


def approver(tx: Transaction, *, operator_may: bool = False) -> Approver:
    """Who approves, as far as the rule of the second person asks. ``operator_may``: so may the installation's operator."""
    context, workspace = tx.context, tx.load(Workspace, tx.context.workspace)
    member = workspace.member(context.principal) if workspace else None
    by_themselves = context.actor.kind is ActorKind.USER
    operator = operator_may and context.actor.kind is ActorKind.SYSTEM
    return Approver(
        actor=str(context.actor),
        principal=answerable(context),
        person=operator or (by_themselves and member is not None and member.service is None),
        vouched=operator or (member is not None and member.vouched),
    )
