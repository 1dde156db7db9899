"""Amounts as every face writes them."""

from __future__ import annotations

from decimal import Decimal

from umt.domain.money import minor_unit


def written(amount: Decimal, currency: str) -> Decimal:
    """The amount with the digits of the currency's minor unit, and more only where they say something."""
    coarse = amount.quantize(minor_unit(currency))
    return coarse if coarse == amount else amount.normalize()
