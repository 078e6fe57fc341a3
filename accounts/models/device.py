"""A phone or browser that can be reached by push. A push token belongs to one account at a time."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Value
from django.db.models.functions import MD5, Now

from marketplace.common.ids import KeyField


class DeviceQuerySet(models.QuerySet["Device"]):
    def of(self, user: object) -> Self:
        return self.filter(user=user).order_by("-created_at", "-pk")

    def with_token(self, push_token: str) -> Self:
        """By its digest first, as the index has it."""
        return self.alias(mark=MD5("push_token")).filter(mark=MD5(Value(push_token)), push_token=push_token)

    def reachable(self) -> Self:
        return self.exclude(push_token=None)

    def untouched_since(self, moment: datetime) -> Self:
        return self.filter(seen_at__lt=moment)


class Device(models.Model):
    class Platform(models.TextChoices):
        ANDROID = "android"
        IOS = "ios"
        WEB = "web"

    id = KeyField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices", db_index=False)
    session = models.ForeignKey(
        "accounts.Session", null=True, blank=True, on_delete=models.SET_NULL, related_name="devices"
    )
    platform = models.CharField(max_length=8, choices=Platform)
    push_token = models.TextField(null=True, blank=True)
    app_version = models.CharField(max_length=40, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    objects: ClassVar = DeviceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # tokens may be longer than an index row can hold
            models.UniqueConstraint(MD5("push_token"), name="device_push_token_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "-created_at"], name="device_of_user")]

    def __str__(self) -> str:
        return f"{self.platform} device {self.pk}"
