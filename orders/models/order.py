"""An order, what happened to it, and the pieces it holds."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from listings.models import Listing
from marketplace.common.ids import KeyField, NumberField
from marketplace.common.money import coin_of
from orders.lifecycle import TERMINAL, EscrowStatus, Party, State, Status, Step, allowed, escrow_status
from orders.querysets.order import OrderQuerySet, is_operator
from orders.terms import Fee


class Order(models.Model):
    """What was agreed never changes (a trigger refuses it); `state` changes in `services/moving.py` alone."""

    class Proof(models.TextChoices):
        """How the hand-over is known; it decides what becomes of a dispute that nobody decides."""

        NONE = "", "None"
        BUYER_CODE = "buyer_code", "The buyer's code was scanned"
        SELLER_CLAIM = "seller_claim", "The seller says so"
        OPERATOR = "operator", "An operator saw it"

    id = KeyField()
    number = NumberField(sequence="orders_order_number")
    client_id = models.UUIDField(null=True, blank=True)  # a phone's own name for it: sent twice, it is one order
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="purchases", db_index=False
    )
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sales", db_index=False)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="orders")
    listing_as_bought = models.JSONField(default=dict)
    quantity = models.PositiveIntegerField()
    unit_price_cents = models.BigIntegerField()
    total_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fee_bps = models.PositiveIntegerField(default=0)
    fee_min_cents = models.BigIntegerField(default=0)
    fee_max_cents = models.BigIntegerField(null=True, blank=True)

    state = models.CharField(max_length=12, choices=State, default=State.CREATED)
    status = models.CharField(max_length=10, choices=Status, default=Status.CREATED)  # what apps see of `state`
    version = models.PositiveIntegerField(default=1)  # of its last event
    release_cents = models.BigIntegerField(null=True, blank=True)  # what the seller gets before the fee; once decided
    withheld_cents = models.BigIntegerField(default=0)  # of that, kept for what the seller owes from earlier sales
    is_sale = models.BooleanField(null=True, blank=True)  # does the buyer keep the thing? once decided
    proof = models.CharField(max_length=12, choices=Proof, default=Proof.NONE, blank=True)
    tracking_number = models.CharField(max_length=120, blank=True, default="")
    needs_attention = models.CharField(max_length=200, blank=True, default="")  # why an operator should look
    quarantined_at = models.DateTimeField(null=True, blank=True)  # books differ: nothing moves until looked at
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects: ClassVar = OrderQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("operate_order", "Can decide disputes and end orders, with a reason")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["buyer", "client_id"],
                condition=models.Q(client_id__isnull=False),
                name="order_once_per_client_id",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_of_something"),
            models.CheckConstraint(condition=~Q(buyer=F("seller")), name="order_not_from_oneself"),
            models.CheckConstraint(
                condition=Q(unit_price_cents__gte=0, total_cents=F("unit_price_cents") * F("quantity")),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(release_cents__isnull=True) | Q(release_cents__gte=0, release_cents__lte=F("total_cents")),
                name="order_release_within_total",
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="order_state_known"),
            models.CheckConstraint(condition=Q(withheld_cents__gte=0), name="order_withholds_no_less_than_nothing"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "-id"], name="order_of_buyer"),
            models.Index(fields=["seller", "-id"], name="order_of_seller"),
            models.Index(fields=["buyer"], condition=Q(state="created"), name="order_unpaid_of_buyer"),
            models.Index(fields=["id"], condition=Q(state="settling"), name="order_settling"),
            models.Index(fields=["id"], condition=Q(state="arranged"), name="order_arranged"),
            # What waits for an operator is counted on every page of the admin, and by the health door
            models.Index(fields=["id"], condition=Q(state="disputed"), name="order_disputed"),
            models.Index(fields=["id"], condition=Q(quarantined_at__isnull=False), name="order_quarantined"),
            models.Index(fields=["id"], condition=~Q(needs_attention=""), name="order_needs_attention"),
        ]

    def __str__(self) -> str:
        return f"Order {self.number}"

    @property
    def is_over(self) -> bool:
        return self.state in TERMINAL

    @property
    def escrow_status(self) -> EscrowStatus:
        return escrow_status(self.state, self.status)

    @property
    def fee(self) -> Fee:
        return Fee(self.fee_bps, self.fee_min_cents, self.fee_max_cents, coin_of(self.currency))

    @property
    def fee_cents(self) -> int:
        """Of what the seller gets as far as it is decided, else of the whole."""
        return self.fee.of(self.total_cents if self.release_cents is None else self.release_cents)

    def can_be_split_at(self, release_cents: int) -> bool:
        """So much for the seller and the rest for the buyer: there are coins for both."""
        is_whole = release_cents % coin_of(self.currency) == 0 or release_cents == self.total_cents
        return is_whole and 0 <= release_cents <= self.total_cents

    def party(self, user: Any) -> Party | None:
        """In what part somebody may act here. Who is both party and operator acts as a party."""
        if user.pk == self.buyer_id:
            return Party.BUYER
        if user.pk == self.seller_id:
            return Party.SELLER
        return Party.OPERATOR if is_operator(user) else None

    def steps_for(self, party: Party) -> list[Step]:
        return allowed(self.state, party)


class OrderEvent(models.Model):
    """One row for each step, numbered without a gap and chained by hash. The database writes number and hash."""

    id = KeyField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events", db_index=False)
    version = models.PositiveIntegerField()
    step = models.CharField(max_length=20)
    from_state = models.CharField(max_length=12, blank=True, default="")
    to_state = models.CharField(max_length=12)
    from_status = models.CharField(max_length=10, blank=True, default="")
    to_status = models.CharField(max_length=10)
    party = models.CharField(max_length=8, choices=Party)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())
    hash = models.BinaryField(max_length=32, editable=False, default=bytes)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["order", "version"], name="order_event_once")]
        ordering: ClassVar = ["order", "version"]

    def __str__(self) -> str:
        return f"{self.version}. {self.step}"


class StockHold(models.Model):
    """The pieces an order holds. It leaves HELD exactly once, whoever comes first."""

    class State(models.TextChoices):
        HELD = "held", "Held"
        CONSUMED = "consumed", "Sold"
        RELEASED = "released", "Released"

    order = models.OneToOneField(Order, primary_key=True, on_delete=models.PROTECT, related_name="hold")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="holds")
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.HELD)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(quantity__gt=0), name="stock_hold_of_something")]

    def __str__(self) -> str:
        return f"{self.quantity} {self.state}"


class Deadline(models.Model):
    """When something happens to an order by itself. A row, not a message: nothing is forgotten with a broker."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="deadlines", db_index=False)
    kind = models.CharField(max_length=20)
    order_version = models.PositiveIntegerField()  # good for this version of the order only; 0: for any
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["order", "kind"], name="deadline_once")]
        indexes: ClassVar = [models.Index(fields=["due_at"], name="deadline_due")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.due_at:%Y-%m-%d %H:%M}"
