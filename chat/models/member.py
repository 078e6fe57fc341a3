"""Somebody in a room: what they may see of it, and how far they have read."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from chat.models.room import Room


class Member(models.Model):
    """One row per person and room for good; leaving, being removed and coming back change its state.

    Of a room that is not open to all, a member sees what has a number above `joined_seq`, and up to `left_seq`.
    """

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        MODERATOR = "moderator", "Moderator"
        MEMBER = "member", "Member"
        BUYER = "buyer", "Buyer"
        SELLER = "seller", "Seller"

    class State(models.TextChoices):
        INVITED = "invited", "Invited"
        ACTIVE = "active", "Active"
        LEFT = "left", "Left"
        REMOVED = "removed", "Removed"
        BANNED = "banned", "Banned"

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=9, choices=Role, default=Role.MEMBER)
    state = models.CharField(max_length=7, choices=State, default=State.ACTIVE)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    joined_seq = models.BigIntegerField(default=0)
    left_seq = models.BigIntegerField(null=True, blank=True)
    last_read_seq = models.BigIntegerField(default=0)
    last_delivered_seq = models.BigIntegerField(default=0)
    notified_seq = models.BigIntegerField(default=0)  # up to where they have been told that something waits
    hidden_seq = models.BigIntegerField(null=True, blank=True)  # put away then; whatever comes later brings it back
    muted_until = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "user"], name="member_once"),
            models.CheckConstraint(
                condition=Q(last_read_seq__gte=0, last_delivered_seq__gte=0), name="member_marks_not_negative"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "room"], condition=Q(state="active"), name="member_active"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id}"
