"""A sign-in on one device. It is also the refresh token's family: ending it ends every token it ever gave out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from marketplace.common.ids import KeyField, uuid7


class Surface(models.TextChoices):
    """Which client family signed in; token life depends on it, rights never do."""

    CAMPUS = "campus"
    WEB = "web"
    POLIMARKET = "polimarket"
    IZPOCHAT = "izpochat"
    SOPORTEIT = "soporteit"
    CHAT_STARTER = "chat_starter"


class SessionQuerySet(models.QuerySet["Session"]):
    def open(self) -> Self:
        return self.filter(revoked_at__isnull=True, expires_at__gt=Now())


class Session(models.Model):
    class Ended(models.TextChoices):
        LOGOUT = "logout"
        PASSWORD = "password"  # noqa: S105
        REUSE = "reuse"
        DISABLED = "disabled"
        STAFF = "staff"

    id = KeyField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions", db_index=False
    )
    surface = models.CharField(max_length=12, choices=Surface)
    refresh_id = models.UUIDField(default=uuid7)
    previous_refresh_id = models.UUIDField(null=True)
    rotated_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=8, choices=Ended, blank=True, default="")
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True, default="")

    objects: ClassVar = SessionQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at"], name="session_of_user"),
            models.Index(fields=["expires_at"], name="session_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.surface} session {self.pk}"

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now

    def rotate(self, *, now: datetime) -> None:
        self.previous_refresh_id, self.refresh_id = self.refresh_id, uuid7()
        self.rotated_at = now
        self.expires_at = now + timedelta(days=settings.JWT_REFRESH_DAYS)

    def may_repeat(self, refresh_id: UUID, *, now: datetime) -> bool:
        """The direct predecessor, a few seconds late: its answer was lost on the way to the phone."""
        grace = timedelta(seconds=settings.REFRESH_GRACE_SECONDS)
        return refresh_id == self.previous_refresh_id and now - self.rotated_at <= grace

    def revoke(self, ended_by: str, *, now: datetime) -> None:
        self.revoked_at, self.ended_by = now, ended_by
