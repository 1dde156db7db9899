"""Commands on recommendations: agents make, apply and measure them; people accept and reject them."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from umt.application.commands.authority import answerable, approver
from umt.application.dispatch import Command
from umt.application.fields import Plain, value_of
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import campaign, recommendation
from umt.domain.analytics.decision import Action
from umt.domain.analytics.expectation import Effect
from umt.domain.campaign import Campaign
from umt.domain.errors import DomainError
from umt.domain.recommendation import Recommendation, RecommendationMade


class _OfAgent(Command):
    permission: ClassVar[Permission] = Permission.CAMPAIGN_RUN
    recommendation: UUID


class _OfPerson(Command):
    permission: ClassVar[Permission] = Permission.CAMPAIGN_APPROVE
    recommendation: UUID


class Recommend(_OfAgent):
    """Recommend a change of a campaign. Within the policy it is carried out at once; above the threshold it waits for a
    person; in a dry run it is only said."""

    made: Annotated[RecommendationMade, value_of(RecommendationMade), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.create(Recommendation, self.recommendation, recommendation.make, self.made)
        if not self.made.simulated and self.made.expires_at is None:
            tx.decide(Recommendation, self.recommendation, recommendation.accept_by_policy)
            _carry_out(tx, self.recommendation)


class AcceptRecommendation(_OfPerson):
    """Have a recommendation carried out: a second person's word, before it expires."""

    def handle(self, tx: Transaction) -> None:
        by = approver(tx, operator_may=True)
        tx.decide(Recommendation, self.recommendation, recommendation.accept, by, tx.now)


class RejectRecommendation(_OfPerson):
    """Do not have a recommendation carried out, and say why."""

    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Recommendation, self.recommendation, recommendation.reject, answerable(tx.context), self.reason)


class ApplyRecommendation(_OfAgent):
    """Carry out what a person accepted."""

    def handle(self, tx: Transaction) -> None:
        _carry_out(tx, self.recommendation)


class RefuseRecommendation(_OfAgent):
    """What a person accepted is not carried out, since by now a guardrail forbids it."""

    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Recommendation, self.recommendation, recommendation.refuse, self.reason)


class ExpireRecommendation(_OfAgent):
    """Record that nobody decided in time."""

    def handle(self, tx: Transaction) -> None:
        tx.decide(Recommendation, self.recommendation, recommendation.expire, tx.now)


class MeasureRecommendation(_OfAgent):
    """Record what was seen after a recommendation was applied."""

    measured: Annotated[Effect, value_of(Effect), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Recommendation, self.recommendation, recommendation.measure, self.measured)


def _carry_out(tx: Transaction, identifier: UUID) -> None:
    """Change the campaign; what its own rules forbid by now is the recommendation's rejection."""
    found = tx.get(Recommendation, identifier)
    on = tx.get(Campaign, found.campaign).local_date(tx.now)
    try:
        with tx.attempt():
            _change(tx, found, identifier)
    except DomainError as error:
        tx.decide(Recommendation, identifier, recommendation.refuse, str(error))
    else:
        tx.decide(Recommendation, identifier, recommendation.apply, on)


def _change(tx: Transaction, found: Recommendation, identifier: UUID) -> None:
    change, reason = found.change, found.reason
    on = tx.get(Campaign, found.campaign).local_date(tx.now)
    if change.action is Action.PAUSE:
        tx.decide(Campaign, found.campaign, campaign.pause_platform, change.platform, on, reason, identifier)
    elif change.target:
        assert change.amount
        spent = tx.spent(found.campaign)
        tx.decide(
            Campaign,
            found.campaign,
            campaign.reallocate,
            change.platform,
            change.target,
            change.amount,
            on,
            reason,
            spent,
            identifier,
        )
    else:
        assert change.amount
        tx.decide(
            Campaign, found.campaign, campaign.raise_budget, change.platform, change.amount, on, reason, identifier
        )
