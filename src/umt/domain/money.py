"""Money: a decimal amount in one ISO 4217 currency."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

import msgspec

from umt.domain.errors import InvalidValue

_TWO_DIGITS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR "
    "IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN "
    "NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP "
    "STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

CURRENCIES: Final[dict[str, int]] = {
    **dict.fromkeys(_TWO_DIGITS.split(), 2),
    **dict.fromkeys(_NO_DIGITS.split(), 0),
    **dict.fromkeys(_THREE_DIGITS.split(), 3),
}
"""ISO 4217 code → digits of its minor unit."""

_PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)


def decimal_from(text: str | int | Decimal, field: str = "amount") -> Decimal:
    """A plain decimal: no exponent, no NaN, no infinity, at most 15 digits before the point and 6 after it."""
    written = f"{text:f}" if isinstance(text, Decimal) and text.is_finite() else str(text).strip()
    if not _PLAIN.fullmatch(written):
        raise InvalidValue(field, f"{written[:40]!r} is not a plain decimal number like 1250.50")
    try:
        return Decimal(written)
    except InvalidOperation as error:  # pragma: no cover - the pattern admits only decimals
        raise InvalidValue(field, "not a decimal number") from error


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of the currency, e.g. 0.01 for EUR."""
    return Decimal(1).scaleb(-CURRENCIES[currency])


class Money(msgspec.Struct, frozen=True):
    """An amount in the currency's minor unit or coarser. Currencies never mix."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise InvalidValue("currency", f"{self.currency[:10]!r} is not an ISO 4217 currency code like EUR")
        amount = decimal_from(str(self.amount))  # as it is stored, so that an exponent is seen
        if amount != amount.quantize(minor_unit(self.currency)):
            digits = CURRENCIES[self.currency]
            raise InvalidValue("amount", f"{amount} {self.currency} has more than {digits} digits after the point")

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Money:
        """The amount in the currency, with exactly the digits of its minor unit."""
        if currency not in CURRENCIES:
            raise InvalidValue("currency", f"{str(currency)[:10]!r} is not an ISO 4217 currency code like EUR")
        exact = decimal_from(amount)
        rounded = exact.quantize(minor_unit(currency))
        return cls(rounded if rounded == exact else exact, currency)

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read ``"100 EUR"``."""
        amount, _, currency = text.strip().partition(" ")
        return cls.of(amount, currency.strip())

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls.of(0, currency)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str, *, down: bool = False) -> Money:
        """A computed amount in the minor unit: half to even, or towards zero."""
        return cls(amount.quantize(minor_unit(currency), ROUND_DOWN if down else ROUND_HALF_EVEN), currency)

    def quantised(self) -> Money:
        """The same amount with exactly the digits of the minor unit."""
        return Money(self.amount.quantize(minor_unit(self.currency)), self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise InvalidValue("currency", f"{self.currency} and {other.currency} cannot be mixed")
        return other

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other).amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other).amount

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other).amount

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other).amount

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other).amount

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"

    def positive(self, field: str) -> Money:
        """This amount, which must be above zero."""
        if self.amount <= 0:
            raise InvalidValue(field, f"must be above zero, not {self}")
        return self


def total(amounts: list[Money] | tuple[Money, ...], currency: str) -> Money:
    """The sum, zero for none."""
    result = Money.zero(currency)
    for amount in amounts:
        result = result + amount
    return result
