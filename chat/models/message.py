"""What was said, and what others did with it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now

from chat.models.room import Room
from chat.querysets.message import MessageQuerySet
from marketplace.common.ids import KeyField, NumberField

LONGEST_TEXT = 8_000


class Message(models.Model):
    """`seq` is the number of the event that brought it, and its place in the room for good."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        IMAGE = "image", "Picture"
        LOCATION = "location", "Place"
        SYSTEM = "system", "Said by the product"

    id = KeyField()
    number = NumberField(sequence="chat_message_number")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="messages", db_index=False)
    seq = models.BigIntegerField()
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="messages_sent", db_index=False
    )
    client_id = models.CharField(max_length=64, null=True, blank=True)  # the same again is the same message
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.TEXT)
    body = models.TextField(null=True, blank=True)
    data = models.JSONField(null=True, blank=True)  # of a place: where; of the product's words: about what
    hints = ArrayField(models.CharField(max_length=20), default=list, blank=True)  # why its readers should take care
    reply_to_seq = models.BigIntegerField(null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_reason = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    words = models.GeneratedField(
        expression=Func("body", template="to_tsvector('listings_plain', %(expressions)s)"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects: ClassVar = MessageQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "seq"], name="message_place"),
            models.UniqueConstraint(
                fields=["room", "sender", "client_id"], condition=Q(client_id__isnull=False), name="message_once"
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(body__isnull=True), name="message_deleted_says_nothing"
            ),
        ]
        indexes: ClassVar = [GinIndex(fields=["words"], name="message_words")]

    def __str__(self) -> str:
        return f"{self.room_id} {self.seq}"


class Revision(models.Model):
    """What a message said before it was changed: for moderators only."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    body = models.TextField()
    replaced_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions: ClassVar = ("view",)

    def __str__(self) -> str:
        return f"{self.message_id} until {self.replaced_at}"


class Reaction(models.Model):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=32)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "user", "emoji"], name="reaction_once")]

    def __str__(self) -> str:
        return self.emoji


class Mention(models.Model):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "user"], name="mention_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.message_id}"
