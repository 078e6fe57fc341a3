"""A message is changed, taken back, hidden, or somebody reacts to it: each a further event of its room."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import User
from chat.models import Attachment, Event, Mention, Message, Reaction, Revision, Room
from chat.services import access, hints, log
from chat.services.emoji import require_emoji
from chat.services.errors import MessageNotFound, NotAllowedHere, TooLateToEdit
from marketplace.common import audit

MOST_EMOJI = 20  # different ones, on one message


@transaction.atomic
def edit(user: User, message_id: UUID, *, body: str, now: datetime, within: timedelta) -> Message:
    """One's own, while it is young enough."""
    room, message = _found(user, message_id, must_write=True)
    _own(user, message)
    if message.body == body:
        return message
    if now - message.created_at > within:
        raise TooLateToEdit
    Revision.objects.create(message=message, body=message.body or "", replaced_at=now)
    message.body, message.hints, message.edited_at = body, hints.of(body), now
    message.save(update_fields=["body", "hints", "edited_at"])
    _mention(message, hints.mentioned_in(body, access.standing(user.pk, room.pk)))
    log.append(room, Event.Type.EDITED, actor=user, message=_shown(message))
    return message


@transaction.atomic
def delete(user: User, message_id: UUID, *, now: datetime) -> None:
    """By who said it, or who leads the room. Its place stays, and says nothing any more, nor carries anything."""
    room, message = _found(user, message_id)
    if message.deleted_at is not None:
        return
    if message.sender_id != user.pk and not access.standing(user.pk, room.pk).is_privileged:
        raise NotAllowedHere
    Revision.objects.filter(message=message).delete()
    Attachment.objects.filter(message=message).delete()
    Message.objects.filter(pk=message.pk).update(body=None, data=None, hints=[], deleted_at=now)
    log.append(room, Event.Type.DELETED, actor=user, message=_shown(message))


@transaction.atomic
def react(user: User, message_id: UUID, emoji: str) -> bool:
    require_emoji(emoji)
    room, message = _found(user, message_id, must_write=True)
    known = set(Reaction.objects.filter(message=message).values_list("emoji", flat=True).distinct())
    if emoji not in known and len(known) >= MOST_EMOJI:
        raise NotAllowedHere("This message has enough kinds of reactions")
    _, is_new = Reaction.objects.get_or_create(message=message, user=user, emoji=emoji)
    if is_new:
        log.append(room, Event.Type.REACTED, actor=user, message=_shown(message), emoji=emoji, user_id=str(user.pk))
    return is_new


@transaction.atomic
def take_reaction_back(user: User, message_id: UUID, emoji: str) -> bool:
    require_emoji(emoji)
    room, message = _found(user, message_id)
    gone, _ = Reaction.objects.filter(message=message, user=user, emoji=emoji).delete()
    if gone:
        log.append(room, Event.Type.UNREACTED, actor=user, message=_shown(message), emoji=emoji, user_id=str(user.pk))
    return bool(gone)


@transaction.atomic
def hide(message: Message, *, actor: User, reason: str, now: datetime) -> None:
    """By moderators: it says nothing to anybody until it is shown again."""
    room = log.lock(message.room_id)
    hidden = Message.objects.filter(pk=message.pk, hidden_at__isnull=True)
    if hidden.update(hidden_at=now, hidden_reason=reason):
        audit.record("message.hidden", message, actor=actor, reason=reason)
        log.append(room, Event.Type.HIDDEN, message=_shown(message))


@transaction.atomic
def show_again(message: Message, *, actor: User) -> None:
    room = log.lock(message.room_id)
    if Message.objects.filter(pk=message.pk, hidden_at__isnull=False).update(hidden_at=None, hidden_reason=""):
        audit.record("message.shown_again", message, actor=actor)
        log.append(room, Event.Type.EDITED, message=_shown(message))


def _found(user: User, message_id: UUID, *, must_write: bool = False) -> tuple[Room, Message]:
    """The room locked, the message as it is now, and seen by who asks."""
    room_id = Message.objects.filter(pk=message_id).values_list("room_id", flat=True).first()
    if room_id is None:
        raise MessageNotFound
    room = log.lock(room_id)
    standing = access.standing(user.pk, room_id)
    message = Message.objects.within(standing).filter(pk=message_id).first() if standing.may_follow else None
    if message is None:
        raise MessageNotFound
    if must_write:
        standing.must_write()
        if message.deleted_at is not None or message.hidden_at is not None:
            raise MessageNotFound
    return room, message


def _own(user: User, message: Message) -> None:
    if message.sender_id != user.pk or message.kind == Message.Kind.SYSTEM:
        raise NotAllowedHere


def _mention(message: Message, people: list[UUID]) -> None:
    Mention.objects.filter(message=message).exclude(user__in=people).delete()
    Mention.objects.bulk_create((Mention(message=message, user_id=pk) for pk in people), ignore_conflicts=True)


def _shown(message: Message) -> Message:
    """As readers see it now."""
    found: Message = Message.objects.shown().get(pk=message.pk)
    return found
