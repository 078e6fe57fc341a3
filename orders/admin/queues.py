"""What waits for an operator: three queues over the orders, longest waiting first. Names and counts for the menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, QuerySet, Value
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from orders.models import Order
from orders.querysets.order import OrderQuerySet

QUARANTINED, ATTENTION, DISPUTES = "quarantined", "attention", "disputes"


class QueueFilter(admin.SimpleListFilter):
    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (QUARANTINED, _("quarantined")),
            (ATTENTION, _("needs attention")),
            (DISPUTES, _("waits for a decision")),
        ]

    def queryset(self, request: HttpRequest, orders: QuerySet[Order]) -> QuerySet[Order]:
        queue: Callable[[Any], QuerySet[Order]] | None = _QUEUES.get(self.value() or "")
        return orders if queue is None else queue(orders)


_QUEUES: dict[str, Any] = {
    QUARANTINED: OrderQuerySet.quarantined,
    ATTENTION: OrderQuerySet.needing_attention,
    DISPUTES: OrderQuerySet.in_dispute,
}

_LONGEST_IN_ITS_STATE = ["updated_at", "pk"]


def ordering_of(queue: str) -> list[Any]:
    """The two may still agree; so a dispute that asks for an operator comes before one that does not yet."""
    if queue == DISPUTES:
        return [F("dispute__escalated_at").asc(nulls_last=True), *_LONGEST_IN_ITS_STATE]
    return _LONGEST_IN_ITS_STATE if queue else ["-pk"]


def _counted(request: HttpRequest, queue: str) -> int:
    """For the badges in the menu: all of them by one question a page."""
    counts: dict[str, int] | None = getattr(request, "money_queues", None)
    if counts is None:
        first, *others = (
            ask(Order.objects.all()).annotate(queue=Value(name)).values_list("queue").annotate(n=Count("pk")).order_by()
            for name, ask in _QUEUES.items()
        )
        counts = dict(first.union(*others, all=True))
        setattr(request, "money_queues", counts)  # noqa: B010
    return counts.get(queue, 0)


def quarantined_count(request: HttpRequest) -> int:
    return _counted(request, QUARANTINED)


def attention_count(request: HttpRequest) -> int:
    return _counted(request, ATTENTION)


def dispute_count(request: HttpRequest) -> int:
    return _counted(request, DISPUTES)
