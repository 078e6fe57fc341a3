"""What waits for an operator: three queues over the orders, the oldest first. Names and counts for the menu, too."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from orders.models import Order

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
        return waiting(orders, self.value() or "")


def waiting(orders: Any, queue: str) -> Any:
    match queue:
        case "quarantined":
            return orders.quarantined()
        case "attention":
            return orders.needing_attention()
        case "disputes":
            return orders.in_dispute()
    return orders


def quarantined_count(request: HttpRequest) -> int:
    """The badge in the menu."""
    return int(Order.objects.quarantined().count())


def attention_count(request: HttpRequest) -> int:
    return int(Order.objects.needing_attention().count())


def dispute_count(request: HttpRequest) -> int:
    return int(Order.objects.in_dispute().count())
