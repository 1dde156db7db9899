"""Money: exact decimals of one currency, nothing that only looks like an amount."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from umt.domain.errors import InvalidValue
from umt.domain.money import CURRENCIES, Money, decimal_from, minor_unit, total

NO_AMOUNTS = [
    "NaN", "sNaN", "-NaN", "Infinity", "-Infinity", "inf", "1e3", "1E+2", "1E-2", "0x10", "1_000", "1,000", "1.", ".5",
    "+5", "--5", "", " ", "five", "1 000", "9999999999999999", "0.1234567", "٣", "½", "True",
]  # fmt: skip


@pytest.mark.parametrize("written", NO_AMOUNTS)
def test_only_plain_decimals_are_amounts(written: str) -> None:
    with pytest.raises(InvalidValue, match="plain decimal number"):
        Money.of(written, "EUR")
    with pytest.raises(InvalidValue):
        Money.parse(f"{written} EUR")


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+2", "1E+400", "1E-7", "0E+3"])
def test_money_is_never_made_of_nan_infinity_or_an_exponent(amount: str) -> None:
    with pytest.raises(InvalidValue, match="amount"):
        Money(Decimal(amount), "EUR")
    with pytest.raises(InvalidValue, match="amount"):
        msgspec.json.decode(f'{{"amount":"{amount}","currency":"EUR"}}', type=Money)


def test_a_decimal_that_was_computed_with_an_exponent_is_written_plainly() -> None:
    assert str(Money.of(Decimal("1E+2"), "EUR").amount) == "100.00"


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        ("100 EUR", "100.00", "EUR"),
        (" 1250.5  USD ", "1250.50", "USD"),
        ("7 JPY", "7", "JPY"),
        ("0.125 KWD", "0.125", "KWD"),
    ],
)
def test_an_amount_has_the_digits_of_its_minor_unit(written: str, amount: str, currency: str) -> None:
    money = Money.parse(written)
    assert (str(money.amount), money.currency) == (amount, currency)


@pytest.mark.parametrize(("amount", "currency"), [("0.001", "EUR"), ("0.5", "JPY"), ("0.0001", "KWD")])
def test_nothing_is_smaller_than_the_minor_unit(amount: str, currency: str) -> None:
    with pytest.raises(InvalidValue, match="digits after the point"):
        Money.of(amount, currency)
    with pytest.raises(InvalidValue, match="digits after the point"):
        Money(Decimal(amount), currency)


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "XXX", "€", "BTC", "E"])
def test_a_currency_is_an_iso_4217_code(currency: str) -> None:
    with pytest.raises(InvalidValue, match="ISO 4217"):
        Money.of(1, currency)
    with pytest.raises(InvalidValue, match="ISO 4217"):
        Money(Decimal(1), currency)


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_currencies_never_mix(operation: str) -> None:
    with pytest.raises(InvalidValue, match="EUR and USD cannot be mixed"):
        getattr(Money.of(1, "EUR"), operation)(Money.of(1, "USD"))
    with pytest.raises(InvalidValue, match="cannot be mixed"):
        total((Money.of(1, "EUR"), Money.of(1, "USD")), "EUR")


def test_the_same_number_of_another_currency_is_not_equal() -> None:
    assert Money.of(1, "EUR") == Money.of("1.00", "EUR")
    assert Money.of(1, "EUR") != Money.of(1, "USD")


def test_a_computed_amount_is_rounded_half_to_even_or_down() -> None:
    assert Money.rounded(Decimal("0.125"), "EUR") == Money.of("0.12", "EUR")
    assert Money.rounded(Decimal("0.135"), "EUR") == Money.of("0.14", "EUR")
    assert Money.rounded(Decimal("0.139"), "EUR", down=True) == Money.of("0.13", "EUR")
    assert Money.rounded(Decimal("1.5"), "JPY") == Money.of(2, "JPY")


@pytest.mark.parametrize("amount", ["0", "-0.01"])
def test_what_must_be_positive_is_above_zero(amount: str) -> None:
    with pytest.raises(InvalidValue, match="bid: must be above zero"):
        Money.of(amount, "EUR").positive("bid")


def test_money_says_what_it_is() -> None:
    assert str(Money.of("1250.5", "EUR")) == "1,250.50 EUR"


def test_the_total_of_nothing_is_zero() -> None:
    assert total((), "EUR") == Money.zero("EUR")


def test_the_smallest_amount_depends_on_the_currency() -> None:
    assert [str(minor_unit(currency)) for currency in ("EUR", "JPY", "KWD")] == ["0.01", "1", "0.001"]


MINOR_UNITS = st.integers(-(10**14), 10**14)


@given_any(st.lists(MINOR_UNITS, max_size=8), st.sampled_from(sorted(CURRENCIES)))
def test_sums_are_exact_in_every_currency(units: list[int], currency: str) -> None:
    amounts = tuple(Money.of(unit * minor_unit(currency), currency) for unit in units)
    assert total(amounts, currency) == Money.of(sum(units) * minor_unit(currency), currency)


@given_any(MINOR_UNITS, st.sampled_from(sorted(CURRENCIES)))
def test_stored_money_comes_back_to_the_digit(units: int, currency: str) -> None:
    money = Money.of(units * minor_unit(currency), currency)
    stored = msgspec.json.encode(money)
    assert msgspec.json.decode(stored, type=Money) == money
    assert b"E" not in stored.partition(b'"amount":"')[2].partition(b'"')[0]


@given_any(st.text(max_size=12) | st.decimals().map(str))
def test_whatever_is_written_is_an_exact_number_or_refused(written: str) -> None:
    try:
        read = decimal_from(written)
    except InvalidValue:
        return
    assert read.is_finite()
    assert f"{read:f}" == str(read)
