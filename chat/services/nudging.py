"""Who has not read what was said some seconds ago is told once for each room, with how much waits altogether."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.notices import notify
from chat.models import Member, Message, Nudge, Room
from chat.services import marks
from marketplace.common.queue import Claim, RowQueue

log = structlog.get_logger(__name__)

KIND = "chat.message"
LONGEST_TEXT = 100
LEASE_SECONDS = 30
queue = RowQueue(Nudge, lease_seconds=LEASE_SECONDS)
Watching = Callable[[UUID, Iterable[UUID]], set[UUID]]


def nobody(room_id: UUID, user_ids: Iterable[UUID]) -> set[UUID]:
    return set()


def nudge_due(*, limit: int = 100, seconds: float = 20.0, watching: Watching = nobody) -> int:
    """`watching`: who has the room before their eyes, and need not be told."""
    done = 0
    for claim in queue.claims(limit=limit, for_seconds=seconds):
        _nudge(claim, watching)
        done += 1
    return done


@transaction.atomic
def _nudge(claim: Claim, watching: Watching) -> None:
    """What is written here holds if the claim still does: who comes late after a pause changes nothing."""
    room = Room.objects.filter(pk=claim.key).first()
    if room is None or not queue.still_ours(claim).update(due_at=None, attempts=0):
        return
    message = Message.objects.filter(room=room, sender__isnull=False).that_still_say_something().latest_said()
    if message is None or room.kind == Room.Kind.BROADCAST:
        return
    for member in _waiting(room, message, watching):
        _tell(room, member, message)


def _waiting(room: Room, message: Message, watching: Watching) -> list[Member]:
    loud = Q(muted_until__isnull=True) | Q(muted_until__lte=timezone.now())
    behind = Member.objects.filter(loud, room=room, state=Member.State.ACTIVE, user__is_active=True)
    behind = behind.filter(last_read_seq__lt=message.seq, notified_seq__lt=message.seq, joined_seq__lt=message.seq)
    rows = list(behind.exclude(user=message.sender_id).select_related("user").order_by("user_id"))
    seeing = watching(room.pk, [row.user_id for row in rows])
    return [row for row in rows if row.user_id not in seeing]


def _tell(room: Room, member: Member, message: Message) -> None:
    waiting = marks.unread_by_room(member.user)
    if not waiting.get(room.pk):
        return
    sender = message.sender
    notify(
        user_ids=[member.user_id],
        kind=KIND,
        data={
            "room_id": str(room.pk),
            "message_id": str(message.pk),
            "seq": message.seq,
            "sender": sender.display_name if sender else "",
            "text": shortened(message),
            "unread": waiting[room.pk],
            "badge": sum(waiting.values()),
        },
        event_id=message.pk,
        collapse_key=f"room:{room.pk}",
        exclude_blocked_with=message.sender_id,
    )
    Member.objects.filter(pk=member.pk, notified_seq__lt=message.seq).update(notified_seq=message.seq)


def shortened(message: Message) -> str:
    names = [each.upload.name for each in message.attachments.all()]
    text = " ".join((message.body or "").split()) or ", ".join(names) or message.get_kind_display()
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
