"""Orders, and what their parties say of each other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from marketplace.sync.kinds import Kind
from marketplace.sync.registry import Keys, Shown, Synced, registry
from orders import terms
from orders.models import Order, Review
from orders.serializers.orders import OrderOut
from orders.serializers.reviews import ReviewOut

SLACK = timedelta(minutes=1)


def orders(viewer: Any, keys: Keys) -> Shown:
    """One's own purchases and sales, as lists of orders have it: what operators see beyond that is for the admin."""
    rows = Order.objects.of(viewer).filter(pk__in=keys).select_related("escrow")
    return {row.pk: OrderOut(row).data for row in rows}


def _own_reviews(viewer: Any) -> Any:
    own = Review.objects.filter(Q(rater=viewer) | Q(ratee=viewer))
    return own.seen_by(viewer, blind_for=terms.review_blind_for())


def reviews(viewer: Any, keys: Keys) -> Shown:
    """Those one wrote, and those one got as far as they are published."""
    return {row.pk: ReviewOut(row).data for row in _own_reviews(viewer).filter(pk__in=keys)}


def published_by_time(viewer: Any, after: datetime, until: datetime) -> list[tuple[str, UUID]]:
    """No row changes when the wait of a review is over, so nothing is stamped."""
    wait = terms.review_blind_for()
    rows = Review.objects.filter(ratee=viewer, created_at__gt=after - wait - SLACK, created_at__lte=until - wait)
    return [("reviews", key) for key in rows.order_by("pk").values_list("pk", flat=True)]


registry.add(
    Synced("orders", (Kind.ORDER,), orders, ("orders_order",), parts=("orders_escrow",), has_version=True),
    Synced("reviews", (Kind.REVIEW,), reviews, ("orders_review",), tells_loss=False),
)
registry.ripening.append(published_by_time)
