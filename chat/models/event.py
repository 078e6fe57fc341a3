"""The log of a room: everything that everybody in it must see once and in order, numbered without gaps."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from chat.models.message import Message
from chat.models.room import Room


class Event(models.Model):
    """Written under the lock of the room's row, so commit order is number order, and a rollback gives its number back.

    What a message says is in the message, never here: it can be taken back. `payload` holds small facts.
    """

    class Type(models.TextChoices):
        CREATED = "message.created"
        EDITED = "message.edited"
        DELETED = "message.deleted"
        HIDDEN = "message.hidden"
        REACTED = "reaction.added"
        UNREACTED = "reaction.removed"
        ATTACHED = "attachment.ready"
        JOINED = "member.joined"
        LEFT = "member.left"
        REMOVED = "member.removed"
        CHANGED = "member.changed"
        ROOM = "room.changed"

    pk = models.CompositePrimaryKey("room_id", "seq")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="events", db_index=False)
    seq = models.BigIntegerField()
    type = models.CharField(max_length=20, choices=Type)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="events")
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions: ClassVar = ("view",)

    def __str__(self) -> str:
        return f"{self.type} {self.seq}"
