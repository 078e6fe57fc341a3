"""Money: whole cents with a currency inside; a JSON number only where a foreign contract wants one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from marketplace.common.errors import InvalidInput

BASIS = 10_000
# Paid in whole units only, though we count in hundredths of every currency
WHOLE_ONLY = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF"),
        *("XOF", "XPF"),
    }
)
_TYPED = re.compile(
    r"(?P<units>\d{1,3}(?P<mark>[.,])\d{3}(?:(?P=mark)\d{3})*|\d+)"
    r"(?:(?P<point>[.,])(?:(?P<cents>\d{1,2})|(?P<exact>\d{2})00))?"  # 19.9900: a number of a workbook
)


def coin_of(currency: str) -> int:
    """The least that can be paid, in hundredths; every payment is a multiple of it."""
    return 100 if currency in WHOLE_ONLY else 1


def require_coins(cents: int, currency: str) -> None:
    """A price that nobody could pay is refused when it is named, and not first when it is paid."""
    if cents % coin_of(currency):
        raise InvalidInput.one(["body", "price_cents"], f"{currency} has no cents: this must be a multiple of 100")


@dataclass(frozen=True, order=False)
class Money:
    cents: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + self._same(other).cents, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.cents - self._same(other).cents, self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.cents * quantity, self.currency)

    def share(self, basis_points: int) -> Money:
        """A part in hundredths of a percent, half a cent rounded up, the same on every machine."""
        return Money((self.cents * basis_points + BASIS // 2) // BASIS, self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other


def cents_from_amount(amount: str | float | Decimal) -> int:
    """`8.5` -> 850, exact for what people type; `ValueError` for what is no amount."""
    try:
        value = Decimal(str(amount))
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {amount!r}") from error
    if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
        raise ValueError(f"not an amount: {amount!r}")
    return int((value * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def cents_as_typed(text: str) -> int:
    """`1.250.000`, `1,250,000.50`, `$ 85.000`, `85000,5`: a last part of three digits is thousands, never cents."""
    bare = re.sub(r"^(?:[A-Z]{2,3})?\s*\$|\s*(?:[A-Z]{3})$|[\s\u00a0']", "", text)
    match = _TYPED.fullmatch(bare)
    if match is None or (match["mark"] and (match["mark"] == match["point"] or bare.startswith("0"))):
        raise ValueError(f"not an amount: {text!r}")
    return cents_from_amount(f"{re.sub('[.,]', '', match['units'])}.{match['cents'] or match['exact'] or 0}")


def amount_from_cents(cents: int) -> float:
    return cents / 100
