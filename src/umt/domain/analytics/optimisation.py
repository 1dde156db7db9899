"""What should be done about a campaign: the decisions of ADFLOWAI's engine, each with its reasons.

Four rules, tried in this order, where the first that wants to act on a platform has it:

- `pause_low_score`        score below 0.3: pause the platform
- `reallocate_declining`   return declining: move part of its unspent money to the best scoring active platform
- `raise_high_score`       score above 0.8: raise its budget from the campaign's reserve
- `alert_anomaly`          newest day out of the ordinary: alert (besides any of the above; moves nothing)

A rule that a guardrail stops gives a `hold` that says which. Every decision is applied to the campaign before the next
rule looks at it, so decisions of one run never compete for the same money. The same snapshot always gives the same
decisions, whatever the order of its platforms and days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec

from umt.domain.analytics.anomaly import THRESHOLD
from umt.domain.analytics.assessment import Assessment, assess, evidence, scores
from umt.domain.analytics.decision import Action, Decision, Evidence, apply, money
from umt.domain.analytics.expectation import Change as AskedChange
from umt.domain.analytics.figures import CampaignSnapshot, ratio
from umt.domain.analytics.guardrails import (
    Change,
    GuardrailCheck,
    Guardrails,
    at_least,
    check,
    in_cooldown,
    proposed_amount,
    unmet,
    verdict_checks,
)
from umt.domain.analytics.scoring import REFERENCES, Reference, campaign_score
from umt.domain.analytics.trend import Direction
from umt.domain.platform import Platform

PAUSE_BELOW: Final = Decimal("0.3")
RAISE_ABOVE: Final = Decimal("0.8")


class Case(msgspec.Struct, frozen=True):
    """The campaign as earlier decisions of this run leave it, and what is thought of its active platforms."""

    campaign: CampaignSnapshot
    today: date
    guardrails: Guardrails
    assessments: tuple[Assessment, ...]

    def change(self, of: Assessment, target: Platform | None = None) -> Change:
        """The change as things stand now, moving the most that the guardrails allow."""
        standing = {each.platform: each for each in self.campaign.platforms}
        change = Change(
            campaign=self.campaign,
            today=self.today,
            judged=standing[of.platform],
            totals=of.totals,
            clicks=of.clicks,
            target=standing[target] if target else None,
        )
        amount = proposed_amount(change, self.guardrails) if target else None
        return msgspec.structs.replace(change, amount=amount)

    def decide(
        self, rule: Rule, action: Action, change: Change, of: Assessment, because: str, *more: GuardrailCheck
    ) -> Decision:
        """The action if every guardrail is met (those of the rule itself too), else a hold that says which is not."""
        checks = (*check(change, self.guardrails), *more)
        if unmet(checks):
            return self.hold(rule, action, checks, of, because)
        target = change.target.platform if change.source and change.target else None
        return Decision(
            action=action,
            platform=of.platform,
            target=target,
            amount=change.amount,
            rule=rule.__name__,
            reason=f"{because} {self._doing(action, change, of.platform, target)}",
            score=of.score.value,
            confidence=of.score.confidence,
            evidence=evidence(of, self.campaign.currency),
            guardrails=checks,
        )

    def hold(
        self, rule: Rule, action: Action, checks: tuple[GuardrailCheck, ...], of: Assessment, because: str
    ) -> Decision:
        """Nothing is done although a rule wanted to act; the reason names the guardrails that are not met."""
        return Decision(
            action=Action.HOLD,
            platform=of.platform,
            rule=rule.__name__,
            reason=f"{because} Held ({action.value}): {'; '.join(map(str, unmet(checks)))}.",
            score=of.score.value,
            confidence=of.score.confidence,
            evidence=evidence(of, self.campaign.currency),
            guardrails=checks,
        )

    def _doing(self, action: Action, change: Change, platform: Platform, target: Platform | None) -> str:
        moved = money(change.amount or Decimal(0), self.campaign.currency)
        if action is Action.PAUSE:
            return f"Pause {platform.label}."
        if target is None:
            return f"Raise its budget by {moved} from the reserve."
        return f"Move {moved} of its unspent money to {target.label}."


Rule = Callable[[Case, Assessment], Decision | None]


def pause_low_score(case: Case, of: Assessment) -> Decision | None:
    """Score below 0.3: pause the platform. Its money stays in its allocation."""
    if of.score.value >= PAUSE_BELOW:
        return None
    because = f"{scores(of, case.campaign.currency)}, below {PAUSE_BELOW}."
    return case.decide(pause_low_score, Action.PAUSE, case.change(of), of, because)


def reallocate_declining(case: Case, of: Assessment) -> Decision | None:
    """Return declining: move part of its unspent money to the best scoring platform that may receive some."""
    if of.trend.direction is not Direction.DECLINING:
        return None
    because = (
        f"{of.platform.label}'s return fell by {-100 * of.trend.change:.0f} % of its mean "
        f"over {of.trend.days} settled days (z {of.trend.z:+.2f})."
    )
    better = _better(case, of)
    some = at_least("Better active platforms free to receive", 1, len(better), "platforms")
    if not better:
        checks = (*verdict_checks(case.change(of), case.guardrails), some)
        return case.hold(reallocate_declining, Action.REALLOCATE, checks, of, because)
    best = better[-1]
    because = f"{because} {best.platform.label} scores {best.score.value:.2f} against {of.score.value:.2f}."
    return case.decide(reallocate_declining, Action.REALLOCATE, case.change(of, best.platform), of, because, some)


def raise_high_score(case: Case, of: Assessment) -> Decision | None:
    """Score above 0.8: raise the platform's budget from the campaign's reserve."""
    if of.score.value <= RAISE_ABOVE:
        return None
    because = f"{scores(of, case.campaign.currency)}, above {RAISE_ABOVE}."
    return case.decide(raise_high_score, Action.RAISE_BUDGET, case.change(of, of.platform), of, because)


def alert_anomaly(case: Case, of: Assessment) -> Decision | None:
    """The newest day is out of the ordinary: tell people. No guardrail applies, as nothing moves."""
    if not of.anomalies:
        return None
    currency = case.campaign.currency
    worst = of.anomalies[0]
    expected, observed = (
        f"{value:,.0f}" if worst.is_count else money(value, currency) for value in (worst.expected, worst.observed)
    )
    return Decision(
        action=Action.ALERT,
        platform=of.platform,
        rule=alert_anomaly.__name__,
        reason=f"{of.platform.label}'s {worst.metric} on {worst.day}: {observed} where {expected} was expected "
        f"(deviation {worst.deviation:+.1f}, ordinary up to {THRESHOLD}).",
        score=of.score.value,
        confidence=ratio(worst.history_days, worst.history_days + 7) or Decimal(0),
        evidence=tuple(
            Evidence(f"{each.metric} {name}", f"{value:f}", unit)
            for each in of.anomalies
            for name, value, unit in (
                ("observed", each.observed, "" if each.is_count else currency),
                ("expected", each.expected, "" if each.is_count else currency),
                ("deviation", each.deviation, "robust standard deviations"),
            )
        ),
    )


def optimise(
    snapshot: CampaignSnapshot,
    today: date,
    guardrails: Guardrails = Guardrails(),  # noqa: B008 - frozen
    reference: Mapping[Platform, Reference] = REFERENCES,
) -> tuple[Decision, ...]:
    """The decisions for the campaign on the day `today` of its own time zone.

    At most one decision on money (or a hold) and one alert per platform; one hold for the whole campaign when no rule
    applies at all.
    """
    case = Case(snapshot, today, guardrails, assess(snapshot, today, guardrails, reference))
    best_first = tuple(reversed(case.assessments))
    decisions: dict[Platform, Decision] = {}
    for rule, order in (
        (pause_low_score, case.assessments),
        (reallocate_declining, case.assessments),
        (raise_high_score, best_first),
    ):
        for of in order:
            if of.platform not in decisions and (decision := rule(case, of)):
                decisions[of.platform] = decision
                case = msgspec.structs.replace(case, campaign=apply(case.campaign, (decision,), today))
    alerts = tuple(alert for of in case.assessments if (alert := alert_anomaly(case, of)))
    return (*decisions.values(), *alerts) or (_nothing_to_do(case),)


def checked_again(
    snapshot: CampaignSnapshot, today: date, guardrails: Guardrails, asked: AskedChange
) -> tuple[GuardrailCheck, ...]:
    """The guardrails as they are met by now, of a change that was proposed earlier; none of a platform that is not running."""
    assessments = assess(snapshot, today, guardrails, REFERENCES)
    case = Case(snapshot, today, guardrails, assessments)
    of = next((each for each in assessments if each.platform is asked.platform), None)
    running = {each.platform for each in snapshot.active}
    if of is None or (asked.target and asked.target not in running):
        return ()
    target = None if asked.amount is None else asked.target or asked.platform
    change = case.change(of, target)
    return check(msgspec.structs.replace(change, amount=asked.amount.amount if asked.amount else None), guardrails)


def _better(case: Case, giver: Assessment) -> tuple[Assessment, ...]:
    """Active platforms clearly better than the giver, not declining and not in cooldown; the best one last."""
    free = {each.platform for each in case.campaign.active if not in_cooldown(each, case.today, case.guardrails)}
    return tuple(
        of
        for of in case.assessments
        if of.platform in free
        and of.platform.sells_ads
        and of.trend.direction is not Direction.DECLINING
        and of.score.value >= giver.score.value + case.guardrails.advantage
    )


def _nothing_to_do(case: Case) -> Decision:
    """Said once when no rule applies, so that silence is never mistaken for failure."""
    whole = campaign_score((of.totals.spend, of.score) for of in case.assessments)
    each_score = ", ".join(f"{of.platform.label} {of.score.value:.2f}" for of in case.assessments)
    return Decision(
        action=Action.HOLD,
        platform=None,
        rule="nothing_to_do",
        reason=f"No rule applies: no score below {PAUSE_BELOW} or above {RAISE_ABOVE}, no declining return and no "
        f"anomaly ({each_score or 'no active platform'}).",
        score=whole.value,
        confidence=whole.confidence,
    )
