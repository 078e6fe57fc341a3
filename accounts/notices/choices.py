"""How people want to be told: per kind, and not at night."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from uuid import UUID

from django.db import transaction

from accounts.models import NotificationPreference, NotificationSettings, User
from accounts.notices import kinds
from accounts.notices.kinds import Channel, Kind
from marketplace.common.errors import Conflict


class MandatoryChannel(Conflict):
    code = "mandatory_channel"
    detail = "This kind of notification is always sent this way"


@dataclass(frozen=True)
class Choice:
    """What holds for one person and one kind."""

    kind: Kind
    channels: frozenset[Channel]


@dataclass(frozen=True)
class QuietHours:
    quiet_from: time | None = None
    quiet_until: time | None = None
    time_zone: str = "UTC"


def channels_of(kind: Kind, people: Iterable[User]) -> dict[UUID, frozenset[Channel]]:
    """For each of these people, where this kind goes."""
    rows = NotificationPreference.objects.filter(kind=kind.name, user__in=people)
    chosen = {row.user_id: _channels(row) for row in rows}
    return {person.pk: chosen.get(person.pk, kind.channels) | kind.mandatory for person in people}


def choices_of(user: User) -> list[Choice]:
    rows = {row.kind: _channels(row) for row in NotificationPreference.objects.filter(user=user)}
    return [Choice(kind, rows.get(kind.name, kind.channels) | kind.mandatory) for kind in kinds.known()]


def quiet_hours_of(user: User) -> QuietHours:
    row = NotificationSettings.objects.filter(user=user).first()
    return QuietHours(row.quiet_from, row.quiet_until, row.time_zone) if row else QuietHours()


@transaction.atomic
def choose(user: User, *, channels: Mapping[Kind, frozenset[Channel]], quiet_hours: QuietHours | None) -> None:
    """All of it or nothing; kinds that are not named, and quiet hours if None, stay as they are."""
    for kind, wanted in channels.items():
        if not kind.mandatory <= wanted:
            raise MandatoryChannel(extra={"kind": kind.name})
    NotificationPreference.objects.bulk_create(
        [_row(user, kind, wanted) for kind, wanted in sorted(channels.items(), key=lambda item: item[0].name)],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["in_app", "push", "email"],
    )
    if quiet_hours is not None:
        NotificationSettings.objects.update_or_create(user=user, defaults=vars(quiet_hours))


def _row(user: User, kind: Kind, wanted: frozenset[Channel]) -> NotificationPreference:
    return NotificationPreference(
        user=user, kind=kind.name, **{channel.value: channel in wanted for channel in Channel}
    )


def _channels(row: NotificationPreference) -> frozenset[Channel]:
    return frozenset(channel for channel in Channel if getattr(row, channel.value))
