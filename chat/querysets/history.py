"""The statements of the history's hot doors: one page of messages, one stretch of the log.

What somebody may see of a room is a stretch of its numbers; `services.access` says which. So a page is a walk along
one index between two numbers, however long the room has become.
"""

from __future__ import annotations

from chat.querysets.drawn import EVENT, MESSAGE, SENDER

EXACT_UP_TO = 1_000  # messages of a room are counted this far

_PAGE = """
WITH page AS MATERIALIZED (
  SELECT * FROM chat_message
  WHERE room_id = %(room)s AND seq > %(above)s::bigint AND seq < %(below)s::bigint
  ORDER BY seq {order} LIMIT %(limit)s::bigint + 1 OFFSET %(offset)s::bigint
), drawn AS (
  SELECT m.seq, {message} AS body
  FROM (SELECT * FROM page ORDER BY seq {order} LIMIT %(limit)s::bigint) m {sender}
)
SELECT convert_to('[' || coalesce(string_agg(body, ',' ORDER BY seq {order}), '') || ']', 'UTF8'),
  (SELECT count(*) FROM page) > %(limit)s::bigint,
  (SELECT count(*) FROM (
    SELECT FROM chat_message WHERE room_id = %(room)s AND seq > %(first)s::bigint AND seq < %(end)s::bigint
    LIMIT {counted}) counted)
FROM drawn
"""
_STRETCH = """
WITH stretch AS MATERIALIZED (
  SELECT * FROM chat_event
  WHERE room_id = %(room)s AND seq > %(above)s::bigint AND seq < %(below)s::bigint
  ORDER BY seq LIMIT %(limit)s::bigint + 1
), drawn AS (
  SELECT e.seq, {event} AS body
  FROM (SELECT * FROM stretch ORDER BY seq LIMIT %(limit)s::bigint) e
  LEFT JOIN chat_message m ON m.id = e.message_id AND m.seq > %(first)s::bigint {sender}
)
SELECT convert_to('[' || coalesce(string_agg(body, ',' ORDER BY seq), '') || ']', 'UTF8'),
  (SELECT count(*) FROM stretch) > %(limit)s::bigint
FROM drawn
"""
PLACE = """
SELECT seq FROM chat_message
WHERE id = %(message)s AND room_id = %(room)s AND seq > %(above)s::bigint AND seq < %(below)s::bigint
"""
NEWEST_FIRST, OLDEST_FIRST = (
    _PAGE.format(order=order, message=MESSAGE, sender=SENDER, counted=EXACT_UP_TO + 1) for order in ("DESC", "ASC")
)
EVENTS = _STRETCH.format(event=EVENT, sender=SENDER)
