"""The hidden market: how people respond to money spent on a platform, an audience and a creative.

Pure functions of (seed, what is bought, the day). A day's money saturates: `effective = spend / (1 + spend / capacity)`
(a Hill curve of exponent 1), where all ads that share an audience on a platform share its capacity. Impressions follow
from effective money and the price of a thousand; clicks and conversions from rates that depend on platform, audience,
creative, weekday and the creative's age (fatigue); values of orders vary around a mean.

Each seed deals three roles to the three advertising platforms: *strong*, *fading* (good at first, its creatives tire
within weeks) and *weak*. Now and then a platform has a day out of the ordinary.
"""

import math
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from itertools import permutations

PLATFORMS = ("meta", "google_ads", "linkedin")


@dataclass(frozen=True)
class Terms:
    """What a platform is like in euros: price of 1,000 impressions, clicks per impression, value of an order."""

    cpm: float
    ctr: float
    order_value: float
    capacity: float
    weekday: tuple[float, ...]


@dataclass(frozen=True)
class Role:
    """How well a platform works for this market: value per unit of money at little spend, taste, tiring."""

    return_on_spend: float
    appeal: float
    half_life_days: float


_OFFICE = (1.16, 1.18, 1.17, 1.14, 1.05, 0.66, 0.64)
_EVENING = (0.95, 0.96, 0.98, 1.0, 1.03, 1.06, 1.02)
_SEARCH = (1.08, 1.06, 1.04, 1.02, 0.99, 0.89, 0.92)

TERMS = {
    "meta": Terms(cpm=8.0, ctr=0.016, order_value=28.0, capacity=600.0, weekday=_EVENING),
    "google_ads": Terms(cpm=26.0, ctr=0.042, order_value=30.0, capacity=550.0, weekday=_SEARCH),
    "linkedin": Terms(cpm=16.0, ctr=0.009, order_value=40.0, capacity=600.0, weekday=_OFFICE),
}

STRONG = Role(return_on_spend=5.6, appeal=1.25, half_life_days=240.0)
FADING = Role(return_on_spend=4.2, appeal=1.05, half_life_days=12.0)
WEAK = Role(return_on_spend=0.8, appeal=0.6, half_life_days=120.0)

ODD_DAY_IN = 10
"""Each platform has one day out of the ordinary in so many."""
ODD_DAYS = "odd day 203"
"""The number was picked so that each of the first six seeds has one in its second week: a month's story shows an alert."""

PRICE_LEVEL = {
    "JPY": 165.0, "KRW": 1500.0, "INR": 95.0, "HUF": 400.0, "CZK": 25.0, "SEK": 11.0, "NOK": 11.5, "DKK": 7.5,
    "PLN": 4.3, "MXN": 20.0, "BRL": 6.0, "ZAR": 20.0,
}  # fmt: skip
"""Units of a currency that buy what one euro buys, roughly; 1 where not listed."""

KNOWN_SHARE = (0.60, 0.76, 0.88, 0.95)
"""The share of a day's conversions known on that day, one, two and three days after it; all of them from the fourth."""


@dataclass(frozen=True)
class Response:
    """A day of one ad in full: what the platform will have counted in the end. `value` in hundredths."""

    impressions: int
    clicks: int
    conversions: int
    value: int


class Market:
    """The response curves of one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        hands = list(permutations((STRONG, FADING, WEAK)))
        self.roles = dict(zip(PLATFORMS, hands[seed % len(hands)], strict=True))

    def uniform(self, *key: object) -> float:
        """A number in [0, 1) that belongs to the key."""
        text = "\x1f".join(map(str, (self.seed, *key)))
        return int.from_bytes(blake2b(text.encode(), digest_size=7).digest()) / 2**56

    def around(self, sigma: float, *key: object) -> float:
        """A log-normal factor of median 1 that belongs to the key."""
        radius = math.sqrt(-2 * math.log(1 - self.uniform(*key, "r")))
        return math.exp(sigma * radius * math.cos(2 * math.pi * self.uniform(*key, "a")))

    def appetite(self, platform: str, day: date, *key: object) -> float:
        """How much of an even pace a budget spends on a day: the weekday's pattern and some noise."""
        weekday = TERMS[platform].weekday[day.weekday()]
        return (0.5 + 0.5 * weekday) * (0.93 + 0.14 * self.uniform("pace", platform, day, *key))

    def saturation(self, platform: str, currency: str, audience: str, pool_spend: float) -> float:
        """The share of the audience's money of the day that still buys anything."""
        capacity = TERMS[platform].capacity * PRICE_LEVEL.get(currency, 1.0)
        capacity *= 0.75 + 0.5 * self.uniform("capacity", platform, audience)
        return 1 / (1 + pool_spend / capacity)

    def anomaly(self, platform: str, day: date) -> str:
        """What is out of the ordinary: `tracking` (conversions lost), `robots` (empty clicks), `price`, or nothing."""
        block, at = divmod(day.toordinal(), ODD_DAY_IN)
        if at == int(ODD_DAY_IN * self.uniform(ODD_DAYS, platform, block)):
            return ("tracking", "robots", "price")[int(3 * self.uniform(f"kind of {ODD_DAYS}", platform, block))]
        return ""

    def respond(
        self, platform: str, currency: str, audience: str, creative: str, ad: str,
        day: date, spend: float, pool_spend: float, age_days: int,
    ) -> Response:  # fmt: skip
        """The day of an ad that spends `spend` of its audience's `pool_spend`, its creative shown for `age_days`."""
        if spend <= 0:
            return Response(0, 0, 0, 0)
        terms, role, level = TERMS[platform], self.roles[platform], PRICE_LEVEL.get(currency, 1.0)
        odd = self.anomaly(platform, day)
        key = (platform, ad, day)
        effective = spend * self.saturation(platform, currency, audience, pool_spend) / level

        cpm = terms.cpm * self.around(0.05, "cpm", *key) * (1.8 if odd == "price" else 1.0)
        impressions = self._count(1000 * effective / cpm, "impressions", *key)

        taste = self.around(0.07, "taste", platform, audience, creative)
        fatigue = 0.5 ** (age_days / role.half_life_days)
        ctr = terms.ctr * role.appeal * taste * (0.35 + 0.65 * fatigue) * self.around(0.05, "ctr", *key)
        clicks = min(impressions, self._count(impressions * min(ctr, 0.5), "clicks", *key))

        rate = role.return_on_spend * terms.cpm / (1000 * terms.ctr * role.appeal * terms.order_value)
        rate *= self.around(0.06, "rate", platform, audience, creative) * self.around(0.06, "cvr", *key)
        rate *= (0.55 + 0.45 * fatigue) * (0.7 + 0.3 * terms.weekday[day.weekday()])
        if odd == "tracking":
            rate *= 0.12
        conversions = min(clicks, self._count(clicks * min(rate, 0.6), "conversions", *key))
        if odd == "robots":
            clicks = min(impressions, clicks * 3)
        value = conversions * terms.order_value * level * self.around(0.05, "value", *key)
        return Response(impressions, clicks, conversions, round(100 * value))

    def _count(self, expected: float, *key: object) -> int:
        """A whole number near `expected`, right on average, so that small numbers are not always rounded away."""
        return int(expected + self.uniform("count", *key))


def known_share(age_days: int) -> float:
    """How much of a day's conversions is known `age_days` after it."""
    return KNOWN_SHARE[age_days] if age_days < len(KNOWN_SHARE) else 1.0
