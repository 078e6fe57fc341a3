"""The statement of one's list of rooms: `RoomQuerySet.talked_in` as JSON, with who is there and what waits."""

from __future__ import annotations

from chat.querysets.drawn import MESSAGE, SENDER, person

MOST_PARTICIPANTS = 50  # of a group, in lists; all of them have an address of their own
MOST_UNREAD = 999  # counted in one room

_LIST = """
WITH page AS MATERIALIZED (
  SELECT r.*, mine.role, mine.state, mine.muted_until, mine.joined_seq, mine.last_read_seq,
    coalesce(r.last_message_at, r.created_at) AS active_at
  FROM chat_member mine JOIN chat_room r ON r.id = mine.room_id
  WHERE mine.user_id = %(user)s AND mine.state = 'active' AND r.kind = ANY(%(kinds)s::varchar[])
    AND (mine.hidden_seq IS NULL OR mine.hidden_seq < r.last_seq)
    AND (%(listing)s::uuid IS NULL OR r.listing_id = %(listing)s::uuid)
  ORDER BY active_at DESC, r.id DESC LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
), drawn AS (
  SELECT shelf.id, shelf.active_at, (SELECT row_to_json(shown)::text FROM (
    SELECT shelf.id, shelf.kind, shelf.listing_id, shelf.name, shelf.description, shelf.is_private,
      shelf.closed_at IS NOT NULL AS is_closed, shelf.slow_mode_seconds, {owner} AS owner, shelf.role, shelf.state,
      listings_stamp(shelf.muted_until) AS muted_until, there.people AS participants, shelf.epoch, shelf.last_seq,
      shelf.last_read_seq, waiting.many AS unread_count, last.message::json AS last_message,
      listings_stamp(shelf.created_at) AS created_at) shown) AS body
  FROM page shelf
  LEFT JOIN accounts_user o ON o.id = shelf.owner_id
  CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object(
      'chat_id', shelf.id, 'user_id', a.user_id, 'role', a.role, 'state', a.state,
      'joined_at', listings_stamp(a.joined_at), 'last_read_seq', a.last_read_seq, 'user', {participant}
    ) ORDER BY a.id), '[]') AS people
    FROM (
      SELECT * FROM chat_member WHERE room_id = shelf.id AND state = 'active' ORDER BY id LIMIT {most_participants}
    ) a JOIN accounts_user u ON u.id = a.user_id
  ) there
  CROSS JOIN LATERAL (
    SELECT count(*) AS many FROM (
      SELECT FROM chat_message s
      WHERE s.room_id = shelf.id AND s.seq > GREATEST(shelf.last_read_seq, shelf.joined_seq)
        AND s.sender_id IS DISTINCT FROM %(user)s AND s.deleted_at IS NULL AND s.hidden_at IS NULL
      ORDER BY s.seq LIMIT {most_unread}
    ) counted
  ) waiting
  LEFT JOIN LATERAL (
    SELECT {message} AS message
    FROM (
      SELECT * FROM chat_message WHERE room_id = shelf.id
        AND seq > CASE WHEN shelf.kind = 'group' AND NOT shelf.is_private THEN 0 ELSE shelf.joined_seq END
      ORDER BY seq DESC LIMIT 1
    ) m {sender}
  ) last ON true
)
SELECT convert_to('[' || coalesce(string_agg(body, ',' ORDER BY active_at DESC, id DESC), '') || ']', 'UTF8') FROM drawn
"""
LIST = _LIST.format(
    owner=person("o"),
    participant=person("u"),
    message=MESSAGE,
    sender=SENDER,
    most_participants=MOST_PARTICIPANTS,
    most_unread=MOST_UNREAD,
)
