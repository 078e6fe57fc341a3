"""How long people look at which screen: a view lasts until its session's next one, `max_idle_sec` at most.

What lasts longer, or is the last one, counts as that long: nobody knows when they left.
"""

from __future__ import annotations

from analytics.querysets.window import Window


def time_by_screen(_: Window) -> str:
    """From the raw rows. The next view may come after the window, but what comes later than the limit is no matter."""
    return """
    SELECT screen, round(sum(seconds))::bigint, count(*), round(avg(seconds))::bigint FROM (
      SELECT screen, occurred_at, least(extract(epoch FROM lead(occurred_at) OVER in_session - occurred_at),
        %(max_idle_sec)s::integer) AS seconds
      FROM analytics_reading
      WHERE event_type = 'screen.view' AND screen IS NOT NULL
        AND occurred_at >= %(start)s AND occurred_at < %(end)s + make_interval(secs => %(max_idle_sec)s::integer)
      WINDOW in_session AS (PARTITION BY session_id ORDER BY occurred_at, id)) view
    WHERE occurred_at < %(end)s GROUP BY screen ORDER BY screen COLLATE "C"
    """
