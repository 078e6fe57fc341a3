"""Who looked at a seller's things: told by apps as an event, as a recently viewed listing, or as both.

Each person counts once for a listing and a day, and the seller never. Someone unknown does not count: anybody could be
as many of them as they like.
"""

from __future__ import annotations

# An event is told when it has happened, or later: what came in before the window is not of it. The hour before is for
# clocks that are ahead of ours.
LOOKS = """
SELECT listing_id, day, count(*) FROM (
  SELECT e.listing_id, (e.occurred_at AT TIME ZONE 'UTC')::date AS day, e.user_id
  FROM analytics_event e
  WHERE e.event_type = 'listing.viewed' AND e.user_id IS NOT NULL AND e.user_id <> %(seller)s
    AND e.listing_id = ANY (ARRAY(SELECT id FROM listings_listing WHERE seller_id = %(seller)s))
    AND e.occurred_at >= %(start)s AND e.occurred_at < %(end)s AND e.received_at >= %(start)s - interval '1 hour'
  UNION
  SELECT v.listing_id, (v.seen_at AT TIME ZONE 'UTC')::date, v.user_id
  FROM listings_recentview v JOIN listings_listing l ON l.id = v.listing_id
  WHERE l.seller_id = %(seller)s AND v.user_id <> %(seller)s AND v.seen_at >= %(start)s AND v.seen_at < %(end)s
) AS look
GROUP BY listing_id, day
"""
