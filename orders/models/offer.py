"""A price that is talked about: an offer, or the answer to one."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from listings.models import Listing
from marketplace.common.ids import KeyField
from orders.lifecycle import Party
from orders.models.dispute import RAISERS
from orders.models.order import Order
from orders.querysets.offer import OfferQuerySet


class Offer(models.Model):
    """Never changes but in its state; a counter-offer is a row of its own with the other as its maker.

    `expires_at` is until when it can be answered, and once it is accepted: until when it can be ordered at.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        COUNTERED = "countered", "Countered"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Expired"

    id = KeyField()
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="offers", db_index=False)
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="offers_made", db_index=False
    )
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="offers_received", db_index=False
    )
    made_by = models.CharField(max_length=6, choices=RAISERS)
    price_cents = models.BigIntegerField()  # of one piece
    quantity = models.PositiveIntegerField(default=1)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    parent = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="counter")
    order = models.OneToOneField(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="offer")
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = OfferQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["listing", "buyer"], condition=Q(state="open"), name="offer_one_open_per_buyer"
            ),
            models.CheckConstraint(condition=Q(price_cents__gte=0, quantity__gt=0), name="offer_of_something"),
            models.CheckConstraint(condition=~Q(buyer=F("seller")), name="offer_not_to_oneself"),
            models.CheckConstraint(
                condition=Q(order__isnull=True) | Q(state="accepted"), name="offer_ordered_once_accepted"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "-id"], name="offer_of_buyer"),
            models.Index(fields=["seller", "-id"], name="offer_of_seller"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} at {self.price_cents} {self.currency}"

    def party(self, user: Any) -> Party | None:
        return {self.buyer_id: Party.BUYER, self.seller_id: Party.SELLER}.get(user.pk)

    @property
    def answers(self) -> Party:
        """Whose word it waits for."""
        return Party.SELLER if self.made_by == Party.BUYER else Party.BUYER
