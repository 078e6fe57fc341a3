"""Telling people about an event: once each, on the ways they chose, and never from inside a network call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise

from accounts.models import Delivery, Device, Notification, NotificationSettings, User
from accounts.notices import choices, kinds
from accounts.notices.kinds import Channel, Kind
from accounts.notices.letters import language_of
from accounts.notices.quiet import loud_again_at
from marketplace.common import outbox
from marketplace.common.wake import WakeUp

wake_up = WakeUp("deliveries")

Channels = Mapping[UUID, frozenset[Channel]]


@transaction.atomic
def notify(
    *,
    user_ids: Iterable[UUID | str],
    kind: str,
    data: Mapping[str, Any],
    event_id: UUID,
    collapse_key: str = "",
    exclude_blocked_with: UUID | str | None = None,
    now: datetime | None = None,
) -> list[Notification]:
    """Call it from an outbox listener with the event's own id; a repeat tells nobody twice.

    A `collapse_key` ("room:…") lets a new one take the place of the unread one before it. Event ids are ordered in
    time, so an older event that comes late takes nobody's place. `data` goes to the person's own apps as it is, lazy
    texts in their language, and of it only ids go to a push provider.
    """
    what, now = kinds.named(kind), now or timezone.now()
    people = _not_yet_told(_lock(user_ids, what, exclude_blocked_with), what, event_id)
    ways = choices.channels_of(what, people)
    people = [person for person in people if ways[person.pk]]
    ahead = _replace(people, collapse_key, event_id, now=now) if collapse_key else set()
    drafts = [
        _draft(what, person, ways=ways[person.pk], data=data, event_id=event_id, collapse_key=collapse_key)
        for person in people
    ]
    for draft in drafts:
        draft.replaced_at = now if draft.user_id in ahead else None
    Notification.objects.bulk_create(drafts)
    told = [draft for draft in drafts if draft.replaced_at is None]
    _enqueue(told, what, ways, now=now)
    _announce(told)
    return told


def _lock(user_ids: Iterable[UUID | str], kind: Kind, exclude_blocked_with: UUID | str | None) -> list[User]:
    """Always in the same order, so that two events with many people in common wait and do not deadlock."""
    rows = User.objects.filter(pk__in=list(user_ids))
    if not kind.reaches_inactive:
        rows = rows.active()
    if exclude_blocked_with is not None:
        rows = rows.not_blocked_with(User(pk=exclude_blocked_with))
    return list(rows.select_for_update(no_key=True).order_by("pk"))


def _not_yet_told(people: list[User], kind: Kind, event_id: UUID) -> list[User]:
    told = Notification.objects.filter(user__in=people, kind=kind.name, event_id=event_id)
    ids = set(told.values_list("user_id", flat=True))
    return [person for person in people if person.pk not in ids]


def _replace(people: list[User], collapse_key: str, event_id: UUID, *, now: datetime) -> set[UUID]:
    """Whoever already knows of a later event keeps it; their ids are returned."""
    rows = Notification.objects.filter(user__in=people, collapse_key=collapse_key)
    ahead = set(rows.filter(event_id__gt=event_id).values_list("user_id", flat=True))
    rows.unread().exclude(user__in=ahead).update(replaced_at=now)
    return ahead


def _draft(
    kind: Kind,
    person: User,
    *,
    ways: frozenset[Channel],
    data: Mapping[str, Any],
    event_id: UUID,
    collapse_key: str,
) -> Notification:
    with language_of(person):
        facts = {name: str(fact) if isinstance(fact, Promise) else fact for name, fact in data.items()}
        title, body = kind.title_for(facts), kind.body_for(facts)
    return Notification(
        user=person,
        kind=kind.name,
        title=title,
        body=body,
        data=facts,
        event_id=event_id,
        collapse_key=collapse_key,
        in_app=Channel.IN_APP in ways,
    )


def _enqueue(told: list[Notification], kind: Kind, ways: Channels, *, now: datetime) -> None:
    """One row per device and one per mailbox; a sweep does the talking."""
    waiting = {} if kind.is_urgent else _waiting(told, now=now)
    rows = [*_pushes(told, ways), *_mails(told, ways)]
    for row in rows:
        if row.notification.user_id in waiting:  # the others are due at once, by the database's clock
            row.due_at = waiting[row.notification.user_id]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)  # a device hears of an event once, under whatever kind
    if any(row.notification.user_id not in waiting for row in rows):
        wake_up.after_commit()


def _waiting(told: list[Notification], *, now: datetime) -> dict[UUID, datetime]:
    """Whose quiet hours it is, and when they end."""
    quiet = NotificationSettings.objects.in_bulk([note.user_id for note in told])
    ends = {user_id: loud_again_at(now, hours) for user_id, hours in quiet.items()}
    return {user_id: end for user_id, end in ends.items() if end > now}


def _pushes(told: list[Notification], ways: Channels) -> list[Delivery]:
    by_user = {note.user_id: note for note in told if Channel.PUSH in ways[note.user_id]}
    return [
        Delivery(
            notification=by_user[device.user_id],
            channel=Delivery.Channel.PUSH,
            device=device,
            event_id=by_user[device.user_id].event_id,
        )
        for device in Device.objects.reachable().filter(user__in=by_user)
    ]


def _mails(told: list[Notification], ways: Channels) -> list[Delivery]:
    return [
        Delivery(notification=note, channel=Delivery.Channel.EMAIL, event_id=note.event_id)
        for note in told
        if Channel.EMAIL in ways[note.user_id] and note.user.email
    ]


def _announce(told: list[Notification]) -> None:
    ids = [str(note.pk) for note in told if note.in_app]
    if ids:
        outbox.publish("notification.created", notification_ids=ids)
