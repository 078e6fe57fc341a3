"""The tables of delta sync. Triggers write `Stamp`; nothing of ours does. docs/sync.md"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Stamp(models.Model):
    """The last change of one thing, for those who may hold a copy of it: everybody, one person, or a room's members.

    `xid` is the transaction that made it, `seq` only tells stamps of one transaction apart and grows with each change
    of the same thing. `passing` ones are needed by copies alone, not by who starts anew: they are forgotten in time.
    """

    pk = models.CompositePrimaryKey("kind", "entity", "scope")
    kind = models.SmallIntegerField()
    entity = models.UUIDField()
    scope = models.UUIDField()
    xid = models.BigIntegerField()
    seq = models.BigIntegerField()
    passing = models.BooleanField(default=False)

    class Meta:
        db_table = "sync_index"
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["scope", "xid", "seq"], name="sync_index_position")]

    def __str__(self) -> str:
        return f"{self.kind} {self.entity} at {self.xid}"


class Epoch(models.Model):
    """At that time, whatever had an xid below the floor had ended."""

    at = models.DateTimeField(primary_key=True)
    floor_xid = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "sync_epoch"
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.floor_xid}"


class Log(models.Model):
    """One row. Another generation means: xids began anew, and no cursor of before says anything."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    generation = models.UUIDField(default=uuid.uuid4)
    min_floor = models.BigIntegerField(default=0)  # what was deleted below this is forgotten

    class Meta:
        db_table = "sync_meta"
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return str(self.generation)


class PushedOperation(models.Model):
    """What a phone did while it was offline, once it is done: the same again gets the same answer."""

    pk = models.CompositePrimaryKey("user_id", "client_id")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    client_id = models.CharField(max_length=64)
    fingerprint = models.BinaryField(max_length=32)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["created_at"], name="pushed_operation_age")]

    def __str__(self) -> str:
        return self.client_id
