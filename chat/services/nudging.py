"""Who has not read what was said some seconds ago is told once for each room, with how much waits altogether."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Block
from accounts.notices import notify
from chat.models import Member, Message, Nudge, Room
from chat.services import marks
from chat.services.sending import NUDGE_SECONDS
from marketplace.common.queue import Claim, RowQueue

log = structlog.get_logger(__name__)

KIND = "chat.message"
LONGEST_TEXT = 100
LEASE_SECONDS = 30
AT_ONCE = 50
LATER = timedelta(seconds=NUDGE_SECONDS)
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


def _nudge(claim: Claim, watching: Watching) -> None:
    """A few at a time, and without its row in hand: that is wanted by everybody who speaks in this room meanwhile."""
    room = Room.objects.exclude(kind=Room.Kind.BROADCAST).filter(pk=claim.key).first()
    message = None if room is None else _latest_in(room)
    if room is not None and message is not None:
        waiting = _waiting(room, message, watching)
        for begin in range(0, len(waiting), AT_ONCE):
            renewed = queue.renew(claim)
            if renewed is None:  # it took too long, and another does it
                return
            claim = renewed
            _tell_all(room, waiting[begin : begin + AT_ONCE], message)
    _settle(claim, room, message)


def _latest_in(room: Room) -> Message | None:
    said = Message.objects.filter(room=room, sender__isnull=False).that_still_say_something()
    latest: Message | None = said.latest_said()
    return latest


@transaction.atomic
def _settle(claim: Claim, room: Room | None, told: Message | None) -> None:
    """Who spoke meanwhile found the row taken, so what they said is looked for; who speaks from here on waits, or sees
    that nothing is due.
    """
    if not queue.still_ours(claim).select_for_update(no_key=True).exists():
        return
    latest = None if room is None else _latest_in(room)
    is_told = latest is None or (told is not None and latest.seq <= told.seq)
    queue.still_ours(claim).update(due_at=None if is_told else Now() + LATER, attempts=0)


def _waiting(room: Room, message: Message, watching: Watching) -> list[Member]:
    loud = Q(muted_until__isnull=True) | Q(muted_until__lte=timezone.now())
    behind = Member.objects.filter(loud, room=room, state=Member.State.ACTIVE, user__is_active=True)
    behind = behind.filter(last_read_seq__lt=message.seq, notified_seq__lt=message.seq, joined_seq__lt=message.seq)
    rows = list(behind.exclude(user=message.sender_id).select_related("user").order_by("user_id"))
    seeing = watching(room.pk, [row.user_id for row in rows])
    return [row for row in rows if row.user_id not in seeing]


@transaction.atomic
def _tell_all(room: Room, members: Iterable[Member], message: Message) -> None:
    apart = _blocked_with(message.sender_id)
    for member in members:
        _tell(room, member, message, hears=member.user_id not in apart)


def _tell(room: Room, member: Member, latest: Message, *, hears: bool = True) -> None:
    waiting = marks.unread_by_room(member.user)
    message = latest if hears else _earlier_for(member, latest)
    if not waiting.get(room.pk) or message is None:
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
    Member.objects.filter(pk=member.pk, notified_seq__lt=latest.seq).update(notified_seq=latest.seq)


def _earlier_for(member: Member, latest: Message) -> Message | None:
    """What the others said before somebody whom this person does not want to hear, or who does not want to be heard."""
    known = max(member.last_read_seq, member.notified_seq, member.joined_seq)
    said = Message.objects.filter(room=latest.room_id, seq__gt=known, seq__lt=latest.seq, sender__isnull=False)
    unheard = {member.user_id, *_blocked_with(member.user_id)}
    earlier: Message | None = said.that_still_say_something().exclude(sender__in=unheard).latest_said()
    return earlier


def _blocked_with(user_id: UUID | None) -> set[UUID]:
    pairs = Block.objects.filter(Q(blocker=user_id) | Q(blocked=user_id)).values_list("blocker", "blocked")
    return {each for pair in pairs for each in pair} - {user_id}


def shortened(message: Message) -> str:
    names = [each.upload.name for each in message.attachments.all()]
    text = " ".join((message.body or "").split()) or ", ".join(names) or message.get_kind_display()
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
