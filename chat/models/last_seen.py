"""When somebody last had a room before their eyes, to the minute."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class LastSeen(models.Model):
    """Apart from the account, whose row phones copy and every sign-in reads: this one is written each minute."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="last_seen"
    )
    at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.pk} at {self.at}"
