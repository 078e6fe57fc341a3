"""What waits for an operator: three queues over the orders, the oldest first. Names and counts for the menu, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
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


def quarantined_count(request: HttpRequest) -> int:
    """The badge in the menu."""
    return int(Order.objects.quarantined().count())


def attention_count(request: HttpRequest) -> int:
    return int(Order.objects.needing_attention().count())


def dispute_count(request: HttpRequest) -> int:
    return int(Order.objects.in_dispute().count())
