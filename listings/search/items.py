"""A listing as JSON that PostgreSQL wrote down: `ListingOut` and `PhotoOut` in SQL, compared with them row by row.

`listings_parts` (in a migration) writes it; a card holds what strangers see, but for three values that change with each
order and stand in the listing. `%(viewer)s` is who asks, `c` the card of the listing `l`.
"""

from __future__ import annotations

_CARD = """
c.head || (l.quantity - l.reserved - l.sold) || c.middle || listings_stamp(l.updated_at) || c.tail || l.version"""
# One's own is drawn anew, with its exact place, and so is what has no card
DRAWN = f"""coalesce(
  CASE WHEN c.seller_id <> %(viewer)s::uuid THEN {_CARD} END,
  (SELECT listings_drawn(own, own.seller_id = %(viewer)s::uuid) FROM listings_listing own WHERE own.id = l.id))"""  # noqa: S608 - only names of ours

# Public when it is on offer or sold; `ListingQuerySet.visible_to` in SQL, moderators aside
VISIBLE = """
l.removed_at IS NULL AND (l.seller_id = %(viewer)s::uuid
  OR (l.state IN ('live', 'sold') AND l.hidden_at IS NULL AND l.seller_is_active))"""

_ONE = """
SELECT convert_to({} || '}}', 'UTF8'), l.version
FROM listings_listing l LEFT JOIN listings_card c ON c.listing_id = l.id WHERE {} AND {}"""
ONE = _ONE.format(DRAWN, "l.id = %(listing_id)s", VISIBLE)
ANY = _ONE.format(DRAWN, "l.id = %(listing_id)s", "l.removed_at IS NULL")
