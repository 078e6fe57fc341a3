"""What one party of a completed order says of the other."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from marketplace.common.ids import KeyField
from orders.lifecycle import Party
from orders.models.dispute import RAISERS
from orders.models.order import Order
from orders.querysets.review import ReviewQuerySet


class Review(models.Model):
    """Blind: the other side sees it once it has written too, or after a while. Nothing has to be done for that.

    A trigger checks that it is one party of a completed order, of the other.
    """

    id = KeyField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="reviews", db_index=False)
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews_written")
    ratee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews_received", db_index=False
    )
    ratee_was = models.CharField(max_length=6, choices=RAISERS)  # in what part the one who is judged took part
    rating = models.PositiveSmallIntegerField()
    comment = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = ReviewQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "rater"], name="review_once_per_author"),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="review_one_to_five"),
            models.CheckConstraint(condition=~Q(rater=F("ratee")), name="review_not_of_oneself"),
            models.CheckConstraint(
                condition=Q(ratee_was__in=(Party.BUYER.value, Party.SELLER.value)), name="review_of_a_party"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["ratee", "-id"], name="review_of_ratee")]

    def __str__(self) -> str:
        return f"{self.rating} for {self.ratee_id}"
