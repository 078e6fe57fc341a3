"""A message is stored, numbered and acknowledged: one statement, so that the room is locked for one round trip.

The statement judges nothing anew. It holds that the rules of the room are still those under which `access` said yes;
if they have changed in between, nothing is written and the question is asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from chat import announcing, frames
from chat.models import Event, Mention, Message, Upload
from chat.services import access, hints, log
from chat.services.errors import ChatNotFound, NothingToSay, SlowDown, UploadNotFound
from chat.services.files import carrying
from chat.services.files.events import tell_what_was_missed
from marketplace.common import outbox
from marketplace.common.errors import DomainError, Unavailable
from marketplace.common.ids import uuid7
from marketplace.common.postgis import fixed

NUDGE_SECONDS = 8
ATTEMPTS = 5
_BEGIN = """
WITH turn AS (
  UPDATE chat_room SET last_seq = last_seq + 1, last_message_at = clock_timestamp()
  WHERE id = %(room)s AND rules = %(rules)s
    AND NOT EXISTS (SELECT FROM chat_message
      WHERE room_id = %(room)s AND sender_id = %(sender)s AND client_id = %(client_id)s::varchar)
  RETURNING last_seq, last_message_at
), message AS (
  INSERT INTO chat_message
    (id, room_id, seq, sender_id, client_id, kind, body, data, hints, reply_to_seq, hidden_reason, created_at)
  SELECT %(id)s, %(room)s, last_seq, %(sender)s, %(client_id)s::varchar, %(kind)s::varchar, %(body)s::text,
    %(data)s::jsonb, %(hints)s::varchar[], %(reply_to)s::bigint, '', last_message_at
  FROM turn RETURNING number, seq, created_at
), event AS (
  INSERT INTO chat_event (room_id, seq, type, actor_id, message_id, payload, created_at)
  SELECT %(room)s, seq, 'message.created', %(sender)s, %(id)s, '{}', created_at FROM message
), nudge AS (
  INSERT INTO chat_nudge (id, due_at, attempts)
  SELECT %(room)s, clock_timestamp() + make_interval(secs => %(nudge_seconds)s), 0 FROM message
  ON CONFLICT (id) DO UPDATE SET due_at = EXCLUDED.due_at, attempts = 0 WHERE chat_nudge.due_at IS NULL
)"""
# A file that is collected right now is missed when this is committed: the key of the row says so
_CARRY = """, attachment AS (
  INSERT INTO chat_attachment (message_id, upload_id, position)
  SELECT %(id)s, file.id, file.place FROM message, unnest(%(uploads)s::uuid[]) WITH ORDINALITY AS file (id, place)
)"""
_END = """
SELECT number, seq, created_at FROM message
"""
_WRITE = _BEGIN + _END
_WRITE_WITH_FILES = _BEGIN + _CARRY + _END
_KNOWN = """
SELECT id, number, seq, created_at FROM chat_message
WHERE room_id = %(room)s AND sender_id = %(sender)s AND client_id = %(client_id)s::varchar
"""
# However much others have said since
_SPOKE = """
SELECT max(created_at) FROM chat_message
WHERE room_id = %(room)s AND sender_id = %(sender)s AND seq > coalesce((
  SELECT seq FROM chat_message WHERE room_id = %(room)s AND created_at < %(since)s ORDER BY seq DESC LIMIT 1), 0)
"""
_COLUMNS = [field.attname for field in Message._meta.concrete_fields if not field.generated]
_SENDER = Message._meta.get_field("sender")


@dataclass(frozen=True)
class Draft:
    body: str | None
    kind: str = Message.Kind.TEXT
    client_id: str | None = None
    reply_to_seq: int | None = None
    data: dict[str, Any] | None = field(default=None)
    upload_ids: tuple[UUID, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.body and self.data is None and not self.upload_ids


@dataclass(frozen=True)
class Sent:
    """What is acknowledged. `is_duplicate`: it was stored before, and this is where."""

    message_id: UUID
    number: int
    room_id: UUID
    seq: int
    created_at: datetime
    is_duplicate: bool
    message: Message | None = None  # with all that is shown of it, unless it was stored before


def send(sender: User, room_id: UUID, draft: Draft) -> Sent:
    """Committed when this returns. Asked again with the same `client_id`, it answers as the first time."""
    if draft.is_empty:
        raise NothingToSay
    for _ in range(ATTEMPTS):
        standing = access.standing(sender.pk, room_id)
        try:
            sent = _write(sender, standing, draft) or _known(standing, draft)
        except DomainError as refusal:
            sent = refused(standing, refusal, draft)
        if sent is not None:
            return sent
    raise Unavailable


def refused(standing: access.Standing, refusal: DomainError, draft: Draft) -> Sent:
    """Who may say nothing new may still ask what became of the old."""
    sent = _known(standing, draft)
    if sent is None:
        raise refusal
    return sent


def _write(sender: User, standing: access.Standing, draft: Draft) -> Sent | None:
    """None: this message is there already, or somebody changed the rules while it was on its way."""
    standing.must_write()
    _mind_the_pace(standing)
    files = carrying.chosen(sender, draft.upload_ids)
    message = drafted(sender, standing, draft)
    mentioned = hints.mentioned_in(draft.body, standing) if draft.body else []
    try:
        stored = _store(message, standing, mentioned, files)
    except IntegrityError as error:
        if "message_once" in str(error):
            return None
        if "chat_attachment_upload" in str(error):  # it was deleted, or collected, in between
            raise UploadNotFound from error
        raise
    if not stored:
        return None
    _look_again_at(files, message)
    return announced(standing, message, mentioned, files)


def announced(
    standing: access.Standing, message: Message, mentioned: Sequence[UUID] = (), files: Sequence[Upload] = ()
) -> Sent:
    """To the room, and to the other of two, as soon as it is committed."""
    announcing.after_commit(_framed(standing, message, mentioned, files))
    if standing.other_id is not None:
        announcing.person_after_commit(standing.other_id, _activity(message))
    return Sent(message.pk, message.number, message.room_id, message.seq, message.created_at, False, message)


def drafted(sender: User, standing: access.Standing, draft: Draft) -> Message:
    """The row that is about to be there. By `from_db`: `Message(…)` would ask each field for what it is not given."""
    reply_to_seq = draft.reply_to_seq if draft.reply_to_seq and draft.reply_to_seq <= standing.seq else None
    facts = {
        **dict.fromkeys(_COLUMNS),
        "id": uuid7(),
        "room_id": standing.room_id,
        "sender_id": sender.pk,
        "client_id": draft.client_id,
        "kind": draft.kind,
        "body": draft.body,
        "data": draft.data,
        "hints": hints.of(draft.body or ""),
        "reply_to_seq": reply_to_seq,
        "hidden_reason": "",
    }
    message: Message = Message.from_db(DEFAULT_DB_ALIAS, _COLUMNS, list(facts.values()))
    _SENDER.set_cached_value(message, sender)
    return message


def _store(message: Message, standing: access.Standing, mentioned: list[UUID], files: list[Upload]) -> bool:
    if not mentioned and not standing.is_slowed:
        return _execute(message, standing, files)
    with transaction.atomic():
        if standing.is_slowed:  # who says several things at once says them one after the other
            log.lock(standing.room_id)
            _mind_the_pace(standing)
        if not _execute(message, standing, files):
            return False
        if mentioned:
            Mention.objects.bulk_create(Mention(message=message, user_id=user_id) for user_id in mentioned)
            outbox.publish("message.mentions", message_id=str(message.pk), user_ids=[str(pk) for pk in mentioned])
        return True


def _execute(message: Message, standing: access.Standing, files: list[Upload]) -> bool:
    with_files = {"uploads": [upload.pk for upload in files]} if files else {}
    found = fixed.ask(_WRITE_WITH_FILES if files else _WRITE, {
        **with_files,
        "id": message.pk,
        "room": message.room_id,
        "rules": standing.rules,
        "sender": message.sender_id,
        "client_id": message.client_id,
        "kind": message.kind,
        "body": message.body,
        "data": None if message.data is None else orjson.dumps(message.data).decode(),
        "hints": message.hints,
        "reply_to": message.reply_to_seq,
        "nudge_seconds": NUDGE_SECONDS,
    })  # fmt: skip
    if found is None:
        return False
    message.number, message.seq, message.created_at = found
    return True


def _look_again_at(files: list[Upload], message: Message) -> None:
    """The worker may have finished one while the message was on its way, and have told only the rooms it saw."""
    waiting = [upload.pk for upload in files if upload.state == Upload.State.WAITING]
    if waiting:
        transaction.on_commit(lambda: tell_what_was_missed(message.pk, waiting), robust=True)


def _framed(
    standing: access.Standing, message: Message, mentioned: Sequence[UUID], files: Sequence[Upload]
) -> frames.Frame:
    """The same words as when it is read from the log, without reading it."""
    message._prefetched_objects_cache = {  # type: ignore[attr-defined]  # what Django itself fills after a prefetch
        "reactions": [],
        "mentions": [Mention(message=message, user_id=user_id) for user_id in mentioned],
        "attachments": carrying.attached(message, files),
    }
    return frames.told(
        standing.room_id,
        standing.number,
        seq=message.seq,
        type=Event.Type.CREATED,
        at=message.created_at,
        actor=message.sender,
        said=message,
    )


def _activity(message: Message) -> dict[str, Any]:
    """For the other's apps, which may not have this room open."""
    return {"type": "room.activity", "room": str(message.room_id), "seq": message.seq}


def _known(standing: access.Standing, draft: Draft) -> Sent | None:
    if draft.client_id is None:
        return None
    asked = {"room": standing.room_id, "sender": standing.user_id, "client_id": draft.client_id}
    found = fixed.ask(_KNOWN, asked)
    if found is None:
        return None
    if not standing.may_look:
        raise ChatNotFound
    key, number, seq, created_at = found
    return Sent(key, number, standing.room_id, seq, created_at, True)


def _mind_the_pace(standing: access.Standing) -> None:
    """Slow mode is for members: who leads the room may speak."""
    if not standing.is_slowed:
        return
    since = timezone.now() - timedelta(seconds=standing.slow_mode_seconds)
    found = fixed.ask(_SPOKE, {"room": standing.room_id, "sender": standing.user_id, "since": since})
    spoke_at = found[0] if found else None
    if spoke_at is None:
        return
    wait = spoke_at + timedelta(seconds=standing.slow_mode_seconds) - timezone.now()
    if wait > timedelta():
        raise SlowDown(retry_after=int(wait.total_seconds()) + 1)
