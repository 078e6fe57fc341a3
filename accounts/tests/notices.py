"""Steps that tests about notifications have in common."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.models import Delivery, Device, Notification, User
from accounts.notices import deliver, notify
from accounts.push.memory import MemoryPush
from marketplace.common import outbox
from marketplace.common.ids import uuid7

FACTS = {"thing": "a lamp", "text": "is it still there?", "thing_id": "7b0e"}


def phone_of(person: User, token: str = "", platform: str = "android") -> Device:
    device: Device = Device.objects.create(
        user=person, platform=platform, push_token=token or f"token-of-{person.username}"
    )
    return device


def tell(*people: User, event_id: UUID | None = None, **changes: Any) -> list[Notification]:
    wanted: dict[str, Any] = {
        "user_ids": [person.pk for person in people],
        "kind": "test.note",
        "data": FACTS,
        "event_id": event_id or uuid7(),
        **changes,
    }
    return notify(**wanted)


def deliver_events() -> None:
    while outbox.deliver_due():
        pass


def sweep() -> int:
    return deliver.deliver_due()


def let_time_come() -> None:
    """Whatever is waiting is due: a retry's pause is over, a lease has run out, the night has ended."""
    Delivery.objects.filter(state=Delivery.State.WAITING).update(due_at="2020-01-01T00:00:00Z")


def pushed_tokens() -> list[str]:
    return [target.token for target, _ in MemoryPush.sent]
