"""Whoever decides about an order of others says why, by whatever door they come, and stays answerable for it."""

from __future__ import annotations

from typing import Any

from marketplace.common import audit
from marketplace.common.errors import InvalidInput
from orders.lifecycle import Party
from orders.models import Order
from orders.services.moving import By


def require_reason(by: By, reason: str) -> None:
    if by.party == Party.OPERATOR and not reason.strip():
        raise InvalidInput.one(["body", "reason"], "An operator says why", type="missing")


def write_down(what: str, order: Order, by: By, reason: str, **data: Any) -> None:
    """In the transaction of the step itself. What parties do needs no trail: the order's own events have it."""
    if by.party == Party.OPERATOR:
        audit.record(f"order.{what}", order, actor=by.user, reason=reason, data=data)
