"""Switches that apps ask for at their start, and chores that staff set going."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from marketplace.common.ids import KeyField


class FeatureSwitch(models.Model):
    key = models.CharField(max_length=80, unique=True)
    is_on = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.key


class MaintenanceRun(models.Model):
    """A chore in the background. The row is the queue, and holds the result."""

    class Chore(models.TextChoices):
        THUMBNAILS = "thumbnails"
        SUGGESTIONS = "suggestions"
        ORPHANS = "orphans"

    class State(models.TextChoices):  # the words the campus apps know from Celery
        PENDING = "PENDING"
        STARTED = "STARTED"
        SUCCESS = "SUCCESS"
        FAILURE = "FAILURE"

    id = KeyField()
    chore = models.CharField(max_length=12, choices=Chore)
    wanted = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    result = models.JSONField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True, db_default=Now())  # empty once it is over
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True)
    # what the timer asks for has the hour's or week's name, so two timers, or one that repeats itself, ask once
    slot = models.CharField(max_length=40, null=True, blank=True, unique=True)

    class Meta:
        permissions: ClassVar = [("run_maintenance", "Can set chores going and read their results")]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="maintenance_due"),
        ]

    def __str__(self) -> str:
        return f"{self.chore} {self.pk}"
