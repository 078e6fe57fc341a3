"""How orders and money are shown to operators: states, sums, moments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from listings.notices import shown_price
from marketplace.common.admin import badge
from marketplace.common.admin.badges import Kind
from orders.lifecycle import State
from orders.models import Operation, Order

STATE_KINDS: dict[str, Kind] = {
    State.CREATED: "default",
    State.ARRANGED: "info",
    State.PAYING: "info",
    State.FUNDED: "info",
    State.ACCEPTED: "info",
    State.HANDED_OVER: "info",
    State.DISPUTED: "warning",
    State.SETTLING: "info",
    State.COMPLETED: "success",
}
OPERATION_KINDS: dict[str, Kind] = {"succeeded": "success", "failed": "danger", "unknown": "warning"}


def order_badge(order: Order) -> str:
    if order.quarantined_at is not None:
        return badge(f"{order.get_state_display()}, {_('quarantined')}", "danger")
    return badge(order.get_state_display(), STATE_KINDS.get(order.state, "default"))


def operation_badge(operation: Operation) -> str:
    if operation.waits_for_buyer:
        return badge(_("waits for the buyer"), "info")
    return badge(operation.get_state_display(), OPERATION_KINDS.get(operation.state, "info"))


def sum_of(cents: int | None, currency: str) -> str:
    """With its sign: `shown_price` knows prices, which have none."""
    if cents is None:
        return "-"
    return shown_price(cents, currency) if cents >= 0 else f"-{shown_price(-cents, currency)}"


def moment(at: datetime | None) -> str:
    return date_format(localtime(at), "Y-m-d H:i:s") if at else "-"


def ago(at: datetime) -> str:
    return timesince(at)


def facts(data: Any) -> str:
    return ", ".join(f"{name}: {value}" for name, value in data.items()) if data else ""
