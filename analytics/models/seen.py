"""The ids of events that named themselves: what is here has been counted, whenever and wherever it comes again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now


class SeenEvent(models.Model):
    """A table beside the events, because an index over all of their days could not be dropped day by day."""

    id: models.UUIDField[Any, Any] = models.UUIDField(primary_key=True)
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [BrinIndex(fields=["seen_at"], name="seen_event_brin")]

    def __str__(self) -> str:
        return str(self.pk)
