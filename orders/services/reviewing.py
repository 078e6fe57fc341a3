"""What the two say of each other afterwards, and what it adds up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Now

from accounts.models import User
from marketplace.common import outbox
from marketplace.common.errors import Conflict, InvalidInput
from orders import terms
from orders.lifecycle import Party, State
from orders.models import Order, Review
from orders.services.errors import OrderNotFound

# A person nobody has judged yet is taken for ordinary; five such judgements fade as real ones come in
ORDINARY = 4.0
WEIGHT = 5
RECENT = timedelta(days=365)


class NotCompleted(Conflict):
    code = "not_completed"
    detail = "Only a completed order can be reviewed"


class AlreadyReviewed(Conflict):
    code = "already_reviewed"
    detail = "You have reviewed this order already"


class ReviewsClosed(Conflict):
    code = "reviews_closed"
    detail = "The other side's review has been published; it is too late to answer it with one"


def review(user: User, order_id: UUID, *, rating: int, comment: str = "", ratee_id: UUID | None = None) -> Review:
    """Blind means both ways: nobody writes after they could read."""
    order, ratee_was = _party_to(user, order_id)
    if order.state != State.COMPLETED:
        raise NotCompleted(extra={"state": order.state})
    other = order.seller_id if ratee_was == Party.SELLER else order.buyer_id
    if ratee_id not in (None, other):
        raise InvalidInput.one(["body", "ratee_id"], "Reviewed is the other party of the order")
    _require_blind(user, order)
    return _write(order=order, rater=user, ratee_id=other, ratee_was=ratee_was, rating=rating, comment=comment)


def _party_to(user: User, order_id: UUID) -> tuple[Order, Party]:
    """Operators see the order, but took no part in it."""
    order: Order | None = Order.objects.of(user).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    return order, Party.SELLER if order.buyer_id == user.pk else Party.BUYER


def _require_blind(user: User, order: Order) -> None:
    reviews = Review.objects.filter(order=order)
    if reviews.filter(rater=user).exists():
        raise AlreadyReviewed
    if reviews.published(blind_for=terms.review_blind_for()).exists():
        raise ReviewsClosed


def _write(*, order: Order, rater: User, **facts: Any) -> Review:
    try:
        with transaction.atomic():
            made: Review = Review.objects.create(order=order, rater=rater, **facts)
            made.refresh_from_db(fields=["created_at"])
            ids = {"review_id": made.pk, "order_id": order.pk, "rater_id": rater.pk, "ratee_id": made.ratee_id}
            outbox.publish("review.written", **{name: str(value) for name, value in ids.items()})
            return made
    except IntegrityError as error:  # sent twice at once: the other was first
        raise AlreadyReviewed from error


def received_by(person_id: UUID) -> QuerySet[Review]:
    rows: QuerySet[Review] = Review.objects.received_by(person_id).published(blind_for=terms.review_blind_for())
    return rows.order_by("-pk")


def of_order(viewer: User, order_id: UUID) -> Review | None:
    """One's own, else the other's once it is published."""
    if not Order.objects.visible_to(viewer).filter(pk=order_id).exists():
        raise OrderNotFound
    rows = Review.objects.filter(order=order_id)
    found: Review | None = rows.seen_by(viewer, blind_for=terms.review_blind_for()).first()
    return found


# ── What it adds up to ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Score:
    count: int
    mean: float | None
    score: float | None  # drawn towards the ordinary while there are few

    @classmethod
    def of(cls, count: int, total: int) -> Score:
        if not count:
            return cls(0, None, None)
        return cls(count, round(total / count, 2), round((WEIGHT * ORDINARY + total) / (WEIGHT + count), 2))


def rating_of(person_id: UUID) -> dict[str, Any]:
    """As buyer and as seller, over all time and over a year; of what is published, else the number would tell."""
    sums: dict[str, Any] = {}
    for party in (Party.BUYER, Party.SELLER):
        for name, also in (("lifetime", Q()), ("last_12_months", Q(created_at__gte=Now() - RECENT))):
            chosen = Q(ratee_was=party) & also
            sums[f"{party}_{name}_count"] = Count("pk", filter=chosen)
            sums[f"{party}_{name}_total"] = Sum("rating", filter=chosen, default=0)
    found = received_by(person_id).order_by().aggregate(**sums)
    return {
        f"as_{party.value}": {
            name: Score.of(found[f"{party}_{name}_count"], found[f"{party}_{name}_total"])
            for name in ("lifetime", "last_12_months")
        }
        for party in (Party.BUYER, Party.SELLER)
    }
