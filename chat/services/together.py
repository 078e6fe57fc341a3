"""What several people say at the same moment, stored by one statement: the server works once for all of them.

Only for what is simple: everything else, and everything that the statement did not store, is left to `sending`, one by
one, which alone waits and explains. The guarantees are the same; see docs/decisions/0022-said-together.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from django.db import DatabaseError, DataError, IntegrityError

from accounts.models import User
from chat.models import Message, Room
from chat.services import access, sending
from chat.services.access import MOST_TOGETHER, Standing
from chat.services.errors import ChatNotFound
from chat.services.sending import NUDGE_SECONDS, Draft, Sent
from marketplace.common.errors import DomainError
from marketplace.common.postgis import fixed

# A room that somebody holds, or its nudge, is passed over and not waited for: nobody waits for a room that is not
# theirs. In one room each has a number and a microsecond of its own.
_WRITE = f"""
WITH asked AS (
  SELECT * FROM jsonb_to_recordset(%(said)s::jsonb) AS said (place int, id uuid, room_id uuid, rules bigint,
    sender_id uuid, client_id varchar, kind varchar, body text, data jsonb, hints varchar[], reply_to_seq bigint)
  LIMIT {MOST_TOGETHER}
), free AS (
  SELECT id, rules FROM chat_room WHERE id = ANY(SELECT room_id FROM asked) FOR NO KEY UPDATE SKIP LOCKED
), quiet AS (
  SELECT id FROM chat_nudge WHERE id = ANY(SELECT room_id FROM asked) FOR NO KEY UPDATE SKIP LOCKED
), fresh AS (
  SELECT asked.*, row_number() OVER (PARTITION BY room_id ORDER BY place) AS step,
    count(*) OVER (PARTITION BY room_id) AS steps
  FROM asked JOIN free ON free.id = asked.room_id AND free.rules = asked.rules
  WHERE (SELECT m.id FROM chat_message m WHERE m.room_id = asked.room_id AND m.sender_id = asked.sender_id
    AND m.client_id = asked.client_id) IS NULL
    AND (room_id IN (SELECT id FROM quiet) OR (SELECT n.id FROM chat_nudge n WHERE n.id = room_id) IS NULL)
), turn AS (
  UPDATE chat_room SET last_seq = last_seq + steps, last_message_at = clock_timestamp()
  FROM fresh WHERE step = 1 AND chat_room.id = fresh.room_id
  RETURNING chat_room.id, last_seq - steps AS before, last_message_at - steps * interval '1 microsecond' AS since
), message AS (
  INSERT INTO chat_message
    (id, room_id, seq, sender_id, client_id, kind, body, data, hints, reply_to_seq, hidden_reason, created_at)
  SELECT fresh.id, room_id, before + step, sender_id, client_id, kind, body, data, hints, reply_to_seq, '',
    since + step * interval '1 microsecond'
  FROM fresh JOIN turn ON turn.id = room_id ORDER BY room_id, step
  RETURNING id, number, room_id, seq, sender_id, created_at
), event AS (
  INSERT INTO chat_event (room_id, seq, type, actor_id, message_id, payload, created_at)
  SELECT room_id, seq, 'message.created', sender_id, id, '{{}}', created_at FROM message
), nudge AS (
  INSERT INTO chat_nudge (id, due_at, attempts)
  SELECT id, clock_timestamp() + make_interval(secs => %(nudge_seconds)s), 0 FROM turn
  ON CONFLICT (id) DO UPDATE SET due_at = EXCLUDED.due_at, attempts = 0 WHERE chat_nudge.due_at IS NULL
)
SELECT id, number, seq, created_at FROM message ORDER BY number
"""  # noqa: S608  (a number of ours)
GIVEN_UP = {"55P03", "57014", "40P01", "40001"}  # waited too long, cancelled, deadlock, serialization


@dataclass(frozen=True)
class Saying:
    sender: User
    room_id: UUID
    draft: Draft


Outcome = Sent | DomainError | None  # None: it is not stored, and has to be said alone


def send(sayings: Sequence[Saying]) -> list[Outcome]:
    """Committed when this returns. A refusal is what it would be alone."""
    if not sayings:
        return []
    standings = access.standings({(each.sender.pk, each.room_id) for each in sayings})
    outcomes: list[Outcome] = [None] * len(sayings)
    messages: dict[UUID, tuple[int, Standing, Message]] = {}
    seen: set[tuple[UUID, UUID, str | None]] = set()
    for place, each in enumerate(sayings):
        standing = standings.get((each.sender.pk, each.room_id))
        once = (each.sender.pk, each.room_id, each.draft.client_id)
        if each.draft.is_empty:
            continue
        if standing is None:
            outcomes[place] = ChatNotFound()
        elif (refusal := standing.why_not_write) is not None:
            outcomes[place] = _refused(standing, refusal, each.draft)
        elif once not in seen and _is_simple(standing, each.draft):
            if each.draft.client_id is not None:
                seen.add(once)
            message = sending.drafted(each.sender, standing, each.draft)
            messages[message.pk] = place, standing, message
    for key, *stored in _stored(messages):
        place, standing, message = messages[key]
        message.number, message.seq, message.created_at = stored
        outcomes[place] = sending.announced(standing, message)
    return outcomes


def _refused(standing: Standing, refusal: type[DomainError], draft: Draft) -> Sent | DomainError:
    try:
        return sending.refused(standing, refusal(), draft)
    except DomainError as error:
        return error


def _is_simple(standing: Standing, draft: Draft) -> bool:
    """Words alone, for which nobody has to wait for their turn, and which call nobody."""
    if not draft.body or draft.upload_ids:
        return False
    return not standing.is_slowed and not (standing.kind == Room.Kind.GROUP and "@" in draft.body)


def _stored(messages: dict[UUID, tuple[int, Standing, Message]]) -> list[fixed.Row]:
    """None of them when the server has said that it stores none: one is there already, say, or somebody is in the way.

    A server that says nothing is another matter: nobody knows what it has stored.
    """
    if not messages:
        return []
    said = [_as_row(*each) for each in messages.values()]
    try:
        return fixed.change_all(_WRITE, {"said": orjson.dumps(said).decode(), "nudge_seconds": NUDGE_SECONDS})
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) in GIVEN_UP or isinstance(error, (IntegrityError, DataError)):
            return []
        raise


def _as_row(place: int, standing: Standing, message: Message) -> dict[str, object]:
    return {
        "place": place,
        "id": message.pk,
        "room_id": message.room_id,
        "rules": standing.rules,
        "sender_id": message.sender_id,
        "client_id": message.client_id,
        "kind": message.kind,
        "body": message.body,
        "data": message.data,
        "hints": message.hints,
        "reply_to_seq": message.reply_to_seq,
    }
