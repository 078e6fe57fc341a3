"""Stripe counts in the smallest unit a currency has; we count in hundredths of it, always."""

from __future__ import annotations

WITHOUT_DECIMALS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


class NotInThisCurrency(ValueError):
    """There is no coin for it."""


def to_stripe(cents: int, currency: str) -> int:
    if currency in THREE_DECIMALS:
        return cents * 10
    if currency not in WITHOUT_DECIMALS:
        return cents
    if cents % 100:
        raise NotInThisCurrency(f"{cents} {currency}")
    return cents // 100


def from_stripe(amount: int, currency: str) -> int:
    """What cannot be said in hundredths is said wrong, and so noticed: it is not what was asked for."""
    if currency in THREE_DECIMALS:
        return amount // 10 + (1 if amount % 10 else 0)
    return amount * 100 if currency in WITHOUT_DECIMALS else amount
