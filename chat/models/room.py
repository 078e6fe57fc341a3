"""A place to talk. Its row is also the lock under which its log grows: who holds it says what comes next."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from chat.querysets.room import RoomQuerySet
from listings.models import Listing
from marketplace.common.ids import KeyField, NumberField


class Room(models.Model):
    class Kind(models.TextChoices):
        LISTING = "listing", "About a listing"  # `buyer` and the other party, who is `owner`
        GROUP = "group", "Group"
        DIRECT = "direct", "Between two people"
        BROADCAST = "broadcast", "For everybody"

    id = KeyField()
    number = NumberField(sequence="chat_room_number")
    kind = models.CharField(max_length=9, choices=Kind)
    name = models.CharField(max_length=120, blank=True, default="")
    description = models.CharField(max_length=500, blank=True, default="")
    is_private = models.BooleanField(default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="rooms_owned"
    )
    listing = models.ForeignKey(
        Listing, null=True, blank=True, on_delete=models.PROTECT, related_name="rooms", db_index=False
    )
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="rooms_as_buyer"
    )
    pair = models.CharField(max_length=73, null=True, blank=True, unique=True, editable=False)  # of a direct room
    epoch = models.UUIDField(default=uuid.uuid4, editable=False)  # another one means: another log, forget your place
    last_seq = models.BigIntegerField(default=0, editable=False)
    rules = models.BigIntegerField(default=0, editable=False)  # grows with every change of who may write, and how
    slow_mode_seconds = models.PositiveSmallIntegerField(default=0)
    payment_confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)  # the other party's word: paid
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.CharField(max_length=500, blank=True, default="")
    last_message_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar = RoomQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("moderate_chat", "Can hide messages, ban people and close rooms")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["listing", "buyer", "owner"], condition=Q(kind="listing"), name="room_once_per_listing"
            ),
            models.UniqueConstraint(fields=["kind"], condition=Q(kind="broadcast"), name="room_one_for_everybody"),
            models.CheckConstraint(
                condition=~Q(kind="listing")
                | Q(listing__isnull=False, buyer__isnull=False, owner__isnull=False) & ~Q(buyer=F("owner")),
                name="room_of_a_listing_has_two_parties",
            ),
            models.CheckConstraint(condition=~Q(kind="direct") | Q(pair__isnull=False), name="room_direct_has_a_pair"),
            models.CheckConstraint(condition=~Q(kind="group") | Q(owner__isnull=False), name="room_group_has_an_owner"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-id"], condition=Q(kind="group", is_private=False), name="room_public_newest"),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.get_kind_display()} {self.number}"

    @property
    def is_open_to_all(self) -> bool:
        """Whoever is signed in may read here without being a member."""
        return self.kind == self.Kind.BROADCAST or (self.kind == self.Kind.GROUP and not self.is_private)


def pair_of(one: uuid.UUID, other: uuid.UUID) -> str:
    """The same for both, whoever asks first."""
    return ":".join(sorted((str(one), str(other))))
