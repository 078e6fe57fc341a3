"""Which files?"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef


class UploadQuerySet(models.QuerySet[Any]):
    def of(self, user: Any) -> Self:
        return self.filter(uploader=user)

    def here(self) -> Self:
        """Whose bytes have arrived."""
        return self.exclude(state="waiting", due_at__isnull=True)

    def carried_by_nothing(self) -> Self:
        attachments = self.model._meta.get_field("attachments").related_model
        return self.exclude(Exists(attachments.objects.filter(upload=OuterRef("pk"))))

    def older_than(self, moment: datetime) -> Self:
        return self.filter(created_at__lt=moment)
