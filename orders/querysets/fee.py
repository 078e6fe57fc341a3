"""The fee in SQL: what `Fee.of` says, for rows with an order's columns. Tests hold the two against each other."""

from __future__ import annotations

from marketplace.common.money import WHOLE_ONLY
from orders.terms import BASIS

_WHOLE_ONLY = ", ".join(f"'{each}'" for each in sorted(WHOLE_ONLY))
_COIN = f"CASE WHEN currency IN ({_WHOLE_ONLY}) THEN 100 ELSE 1 END"


def fee_of(cents: str) -> str:
    """`cents`: an expression."""
    share = f"({cents} * fee_bps + {BASIS // 2}) / {BASIS}"
    within = f"least(greatest({share}, fee_min_cents), fee_max_cents, {cents})"
    return f"({within} - mod({within}, {_COIN}))"
