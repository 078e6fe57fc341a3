"""An order that somebody brings. It rides on the order: where it stands is read from there, and so is what it costs."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from listings.models import Photo
from orders.lifecycle import State
from orders.models.order import Order


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def open(self) -> Self:
        return self.filter(order__state=State.ARRANGED)

    def offered_to(self, courier: User) -> Self:
        """What is still to be brought, by anybody, but for what this courier has passed on; the oldest first."""
        return self.open().exclude(passed_on_by=courier).order_by("order_id")

    def with_things(self) -> Self:
        photos = models.Prefetch("order__listing__photos", Photo.objects.order_by("position", "id"))
        rows = self.select_related("order__listing", "order__buyer", "order__seller", "courier")
        return rows.defer("order__listing__search", "order__listing__plain_title").prefetch_related(photos)


class Delivery(models.Model):
    class Payment(models.TextChoices):
        """How the buyer pays at the door: the thing to the seller, the fee to the courier. None of it passes us."""

        CASH = "cash", "Cash"
        TRANSFER = "transfer", "Bank transfer"

    order = models.OneToOneField(Order, primary_key=True, on_delete=models.PROTECT, related_name="delivery")
    faculty = models.CharField(max_length=40)
    building = models.CharField(max_length=80)
    classroom = models.CharField(max_length=80, blank=True, default="")
    payment = models.CharField(max_length=8, choices=Payment)
    fee_cents = models.BigIntegerField()  # as it was when it was ordered
    courier = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    passed_on_by = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(fee_cents__gte=0), name="delivery_fee_not_negative"),
            models.CheckConstraint(
                condition=Q(courier__isnull=True, claimed_at__isnull=True)
                | Q(courier__isnull=False, claimed_at__isnull=False),
                name="delivery_claimed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.faculty}, {self.building}"

    @property
    def to_pay_cents(self) -> int:
        """All that the buyer needs at the door."""
        return int(self.order.total_cents) + self.fee_cents
