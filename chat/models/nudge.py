"""A room in which something waits to be read: the row is the queue, one for all that has been said meanwhile."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from chat.models.room import Room


class Nudge(models.Model):
    room = models.OneToOneField(Room, primary_key=True, on_delete=models.CASCADE, db_column="id", related_name="nudge")
    due_at = models.DateTimeField(null=True)  # empty: nobody waits to be told
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="nudge_due")]

    def __str__(self) -> str:
        return f"{self.pk} at {self.due_at}"
