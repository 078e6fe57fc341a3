"""Where a person can be reached. A push token that comes from another account moves to that account."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import Device, Session, User
from accounts.tokens import BadToken
from marketplace.common.errors import NotFound

MOST_DEVICES = 50


@transaction.atomic
def register_device(
    user: User,
    *,
    platform: str,
    push_token: str | None,
    app_version: str | None,
    session_id: UUID | None = None,
) -> Device:
    """Two registrations of one token at once end as one row."""
    if session_id is not None:
        _require_open(session_id)
    _make_room(user)
    facts = {"platform": platform, "app_version": app_version, "session_id": session_id}
    if not push_token:
        return Device.objects.create(user=user, **facts)
    _lock_token(push_token)
    device: Device | None = Device.objects.select_for_update().with_token(push_token).first()
    if device is None:
        return Device.objects.create(user=user, push_token=push_token, **facts)
    if device.user_id != user.pk:  # the phone changed hands: nothing of the former owner's may follow
        device.delete()
        return Device.objects.create(user=user, push_token=push_token, **facts)
    Device.objects.filter(pk=device.pk).update(**facts, seen_at=Now())
    device.refresh_from_db()
    return device


def _require_open(session_id: UUID) -> None:
    """Signing out silences the phones of a session: none may come to it a moment later."""
    if Session.objects.select_for_update(no_key=True).filter(pk=session_id, revoked_at=None).first() is None:
        raise BadToken


def _make_room(user: User) -> None:
    """Nobody has fifty phones; a list without end would hold up everybody's letters."""
    surplus = Device.objects.of(user).values_list("pk", flat=True)[MOST_DEVICES - 1 :]
    Device.objects.filter(pk__in=list(surplus)).delete()


def _lock_token(push_token: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [push_token])


def silence_devices(session_ids: list[UUID]) -> None:
    """Whoever signed out on a phone gets nothing more on it; signing in there registers it anew."""
    Device.objects.filter(session_id__in=session_ids).update(push_token=None)


def remove_device(user: User, device_id: UUID) -> None:
    removed, _ = Device.objects.filter(user=user, pk=device_id).delete()
    if not removed:
        raise NotFound("Device not found")
