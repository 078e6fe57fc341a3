"""A dispute, for who may see it: its two parties, and operators."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.models import User
from marketplace.common import outbox
from marketplace.common.errors import Conflict, NotFound
from orders.models import Dispute, Order
from orders.services.errors import OrderNotFound
from orders.services.moving import By, lock_for


class DisputeNotFound(NotFound):
    code = "dispute_not_found"
    detail = "Dispute not found"


class DisputeClosed(Conflict):
    code = "dispute_closed"
    detail = "This dispute is closed"


def seen_by(user: User, dispute_id: UUID) -> Dispute:
    found: Dispute | None = Dispute.objects.visible_to(user).select_related("order").filter(pk=dispute_id).first()
    if found is None:
        raise DisputeNotFound
    return found


def locked(user: User, dispute_id: UUID) -> tuple[Dispute, Order, By]:
    """The order is locked, and with it all that follows from it."""
    dispute = seen_by(user, dispute_id)
    order, by = lock_for(user, dispute.order_id)
    dispute = Dispute.objects.get(pk=dispute.pk)
    dispute.order = order
    return dispute, order, by


def locked_open(user: User, dispute_id: UUID) -> tuple[Dispute, Order, By]:
    dispute, order, by = locked(user, dispute_id)
    if not dispute.is_open:
        raise DisputeClosed(extra={"status": dispute.status.value})
    return dispute, order, by


def of_order(user: User, order_id: UUID) -> Dispute | None:
    if not Order.objects.visible_to(user).filter(pk=order_id).exists():
        raise OrderNotFound
    found: Dispute | None = Dispute.objects.select_related("order").filter(order=order_id).first()
    return found


def announce(kind: str, dispute: Dispute, **facts: Any) -> None:
    """Leaves with the commit. What was said is not in it: that is read through the door."""
    order = dispute.order
    outbox.publish(
        f"dispute.{kind}",
        dispute_id=str(dispute.pk),
        order_id=str(order.pk),
        buyer_id=str(order.buyer_id),
        seller_id=str(order.seller_id),
        **facts,
    )
