"""How well a platform performs: a score from 0 to 1 that one can check by hand.

Each measure is set against a reference value and mapped to 0…1 by a Hill curve, `x³ / (1 + x³)` with
`x = observed / reference`: 0.5 at the reference, 8/9 at twice and 1/9 at half of it. The weighted mean of the measures
is then shrunk towards 0.5 by how little was seen, `0.5 + confidence · (mean − 0.5)`, as in an empirical-Bayes estimate
with a prior of `PRIOR_CLICKS` clicks.

The exponent is chosen so that, with clicks and conversion rate as usual, 0.3 is reached at about two thirds of the
reference return and 0.8 at about twice the reference. More revenue or conversions for otherwise equal figures never
lower a score: which measures count depends on the reference alone, and confidence on clicks and impressions alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from umt.domain.analytics.figures import Totals, quantised, ratio
from umt.domain.platform import Platform

NEUTRAL: Final = Decimal("0.5")
PRIOR_CLICKS: Final = 100
"""Clicks at which a score is believed by half: at a conversion rate of 2 % they bring just two conversions."""


class Measure(msgspec.Struct, frozen=True):
    """The value that is neither good nor bad, and the weight among a platform's measures."""

    reference: Decimal
    weight: Decimal


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What a platform is measured by; None leaves a measure out.

    `roas` and the rates are pure numbers. `cpa` is a cost per conversion in the campaign's currency and has no default,
    since only the advertiser knows what a conversion is worth; lower costs score higher.
    """

    roas: Measure | None = Measure(Decimal(2), Decimal("0.8"))
    cpa: Measure | None = None
    conversion_rate: Measure | None = Measure(Decimal("0.02"), Decimal("0.1"))
    ctr: Measure | None = Measure(Decimal("0.01"), Decimal("0.1"))

    @classmethod
    def of(cls, *, conversion_rate: str, ctr: str) -> Reference:
        """The default reference with the rates of one platform."""
        weight = Decimal("0.1")
        return cls(conversion_rate=Measure(Decimal(conversion_rate), weight), ctr=Measure(Decimal(ctr), weight))


REFERENCES: Final[Mapping[Platform, Reference]] = {
    Platform.GOOGLE: Reference.of(conversion_rate="0.04", ctr="0.03"),
    Platform.DISPLAY: Reference.of(conversion_rate="0.008", ctr="0.005"),
    Platform.EMAIL: Reference.of(conversion_rate="0.02", ctr="0.025"),
}
"""References by platform; those absent (the social networks) use `Reference()`. docs/optimiser.md gives the sources."""


class ScorePart(msgspec.Struct, frozen=True):
    """One measure's share in a score; an undefined value (a zero denominator) counts as neutral."""

    name: str
    value: Decimal | None
    reference: Decimal
    weight: Decimal
    score: Decimal


class Score(msgspec.Struct, frozen=True):
    """How good (0–1, 0.5 is usual), made of what, and how far to believe it (0–1)."""

    value: Decimal
    parts: tuple[ScorePart, ...] = ()
    confidence: Decimal = Decimal(0)


def score(totals: Totals, reference: Reference | None = None) -> Score:
    """The score of the totals of one platform."""
    reference = reference or Reference()
    parts = tuple(
        ScorePart(name, value, measure.reference, measure.weight, _hill(relative))
        for name, value, relative, measure in _measured(totals, reference)
    )
    mean = _weighted_mean((part.weight, part.score) for part in parts)
    seen = evidence_clicks(totals, reference)
    confidence = ratio(seen, seen + PRIOR_CLICKS) or Decimal(0)
    return Score(quantised(NEUTRAL + confidence * (mean - NEUTRAL)), parts, confidence)


def campaign_score(scores: Iterable[tuple[Decimal, Score]]) -> Score:
    """The mean of the platforms' scores and confidences, weighted by their spend; neutral when nothing was spent."""
    pairs = tuple(scores)
    return Score(
        _weighted_mean((spend, each.value) for spend, each in pairs),
        confidence=_weighted_mean(((spend, each.confidence) for spend, each in pairs), Decimal(0)),
    )


def evidence_clicks(totals: Totals, reference: Reference) -> int:
    """Clicks that were seen, or that the impressions would usually have brought if these are more.

    Thus a platform that shows its ads to many who never click is judged, not excused for want of clicks.
    """
    usual = reference.ctr.reference * totals.impressions if reference.ctr else 0
    return max(int(usual), totals.clicks)


def revenue_recorded(campaign: Totals) -> bool:
    """Whether revenue of nothing means nothing: not if the campaign converts but no platform reports any revenue."""
    return campaign.revenue != 0 or campaign.conversions == 0


def measured(references: Mapping[Platform, Reference], campaign: Totals) -> dict[Platform, Reference]:
    """The reference of each platform; where the campaign's revenue is not recorded, with CPA in the place of ROAS.

    Unless a reference states a cost per conversion, the campaign's own mean is taken: what a platform's conversions
    cost is then judged against what they cost on all platforms together.
    """
    of_all = {platform: references.get(platform, Reference()) for platform in Platform}
    return of_all if revenue_recorded(campaign) else {p: _by_cost(r, campaign.cpa) for p, r in of_all.items()}


def _by_cost(reference: Reference, mean: Decimal | None) -> Reference:
    """The reference with CPA, at its usual value or the mean, weighted as ROAS was."""
    if reference.roas is None:
        return reference
    usual = Measure(mean, reference.roas.weight) if mean else None
    return msgspec.structs.replace(reference, roas=None, cpa=reference.cpa or usual)


def _measured(totals: Totals, reference: Reference) -> Iterable[tuple[str, Decimal | None, Decimal | None, Measure]]:
    """Each measure's name, value, and value relative to its reference (None if undefined)."""
    for name, value, measure in (
        ("roas", totals.roas, reference.roas),
        ("conversion_rate", totals.conversion_rate, reference.conversion_rate),
        ("ctr", totals.ctr, reference.ctr),
    ):
        if measure:
            yield name, value, None if value is None else ratio(value, measure.reference), measure
    if measure := reference.cpa:
        yield "cpa", totals.cpa, ratio(measure.reference * totals.conversions, totals.spend), measure


def _hill(relative: Decimal | None) -> Decimal:
    """x³ / (1 + x³), written so that rounding cannot make it fall where x rises."""
    if relative is None:
        return NEUTRAL
    x = max(relative, Decimal(0))
    return 1 - (ratio(1, 1 + x * x * x) or Decimal(0))


def _weighted_mean(pairs: Iterable[tuple[Decimal, Decimal]], empty: Decimal = NEUTRAL) -> Decimal:
    """The mean of (weight, value) pairs."""
    known = tuple(pairs)
    weights = sum((weight for weight, _ in known), Decimal(0))
    mean = ratio(sum((weight * value for weight, value in known), Decimal(0)), weights)
    return empty if mean is None else mean
