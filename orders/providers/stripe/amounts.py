"""Stripe counts in the smallest unit a currency has; we count in hundredths of it, always."""

from __future__ import annotations

from marketplace.common.money import WHOLE_ONLY, coin_of

WITHOUT_DECIMALS = WHOLE_ONLY - {"ISK", "UGX"}  # these two are written with decimals, which are always 00
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


class NotInThisCurrency(ValueError):
    """There is no coin for it."""


def to_stripe(cents: int, currency: str) -> int:
    if cents % coin_of(currency):
        raise NotInThisCurrency(f"{cents} {currency}")
    if currency in THREE_DECIMALS:
        return cents * 10
    return cents // 100 if currency in WITHOUT_DECIMALS else cents


def from_stripe(amount: int, currency: str) -> int:
    """What cannot be said in hundredths is said wrong, and so noticed: it is not what was asked for."""
    if currency in THREE_DECIMALS:
        return amount // 10 + (1 if amount % 10 else 0)
    return amount * 100 if currency in WITHOUT_DECIMALS else amount
