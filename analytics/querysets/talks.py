"""Conversations that buyers have begun with sellers: when they asked first, and when they were first answered.

Rooms are found by their seller or by the time in their ids; in each, two messages are, by the index of their places.
What the product says in a room is nobody's message, what was taken back or hidden was not said, and a courier who
brings a thing does not sell it.
"""

from __future__ import annotations

_SAID = "kind <> 'system' AND deleted_at IS NULL AND hidden_at IS NULL"
_TALKS = f"""
SELECT room.owner_id, room.listing_id, (room.created_at AT TIME ZONE 'UTC')::date AS day, asked.at AS asked_at,
  answered.at AS answered_at
FROM chat_room room
JOIN listings_listing listing ON listing.id = room.listing_id AND listing.seller_id = room.owner_id
CROSS JOIN LATERAL (
  SELECT seq, created_at AS at FROM chat_message
  WHERE room_id = room.id AND sender_id = room.buyer_id AND {_SAID} ORDER BY seq LIMIT 1
) asked
LEFT JOIN LATERAL (
  SELECT created_at AS at FROM chat_message
  WHERE room_id = room.id AND seq > asked.seq AND sender_id = room.owner_id AND {_SAID} ORDER BY seq LIMIT 1
) answered ON true
WHERE room.kind = 'listing' AND room.created_at >= %(start)s AND room.created_at < %(end)s
  AND room.id >= analytics_first_id(%(start)s - interval '1 hour')
"""
_OF_SELLER = " AND room.owner_id = %(seller)s"
_ANSWERING = "count(*), count(answered_at), avg(answered_at - asked_at)"
ANSWERING_OF_ALL = f"SELECT owner_id, {_ANSWERING} FROM ({_TALKS}) talk GROUP BY owner_id"
ANSWERING_OF_ONE = f"SELECT owner_id, {_ANSWERING} FROM ({_TALKS}{_OF_SELLER}) talk GROUP BY owner_id"
ANSWERING_BY_DAY = f"SELECT listing_id, day, {_ANSWERING} FROM ({_TALKS}{_OF_SELLER}) talk GROUP BY listing_id, day"
