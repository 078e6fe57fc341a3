"""What may become known of refunds and chargebacks when everybody thought it was over, for tests to make it happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from orders.models import Operation, Order, SimulatorFault, SimulatorRecord, SimulatorWebhook
from orders.providers.base import WebhookRef
from orders.providers.simulator import book
from orders.services import inbox
from orders.services.auditing import auditing
from orders.tests.money import books_balance, hurry, settled

WHY = "the bank's letter of 3 May"
Decided = Callable[[int], Order]


def told(order: Order) -> Order:
    """Of what the bank took."""
    for notice in SimulatorWebhook.objects.filter(order_id=str(order.pk), kind__startswith="chargeback"):
        inbox.receive("simulator", WebhookRef(str(notice.pk), notice.kind, notice.operation_id, notice.reference))
    return settled(order)


def refuses(order: Order, kind: str, *, times: int = 1) -> None:
    SimulatorFault.objects.create(fault="refused", kind=kind, order_id=str(order.pk), times_left=times)


def says(order: Order, seq: int = 1, **facts: Any) -> Order:
    """What the provider now says of one of the refunds, and that it has told us to look."""
    refund = order.operations.get(kind="refund", seq=seq)
    SimulatorRecord.objects.filter(key=refund.key).update(**facts)
    inbox.receive("simulator", news(refund))
    return settled(order)


def succeeds_late(order: Order, seq: int = 1) -> Order:
    return says(order, seq, state="succeeded", code="")


def comes_back(order: Order, seq: int = 1) -> Order:
    return says(order, seq, state="failed", code="account_closed")


def news(refund: Operation) -> WebhookRef:
    return WebhookRef(f"news of {refund.pk} at {timezone.now()}", "refund.updated", str(refund.pk), "")


def hurried(order: Order) -> Order:
    hurry(order)
    return settled(order)


def taken_back(order: Order, *parts: int) -> Order:
    for cents in parts:
        book.charge_back(str(order.pk), cents=cents)
    return told(order)


def is_sound(order: Order) -> bool:
    order.refresh_from_db()
    assert auditing.run().findings == []
    return books_balance()


def states(order: Order) -> list[str]:
    return list(order.operations.filter(kind="refund").order_by("seq").values_list("state", flat=True))
