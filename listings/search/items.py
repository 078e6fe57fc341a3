"""A listing as JSON that PostgreSQL writes: `ListingOut` and `PhotoOut` in SQL, compared with them row by row.

`%(media)s` is where public files lie, `%(viewer)s` who asks.
"""

from __future__ import annotations

from listings.models.photo import SIZES


def stamp(column: str) -> str:
    """A time as Python's `isoformat` has it: six digits after the point, or none and no point."""
    written = f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"replace({written}, '.000000Z', 'Z')"


def version_of(pixels: int) -> str:
    return rf"%(media)s::text || regexp_replace(p.storage_key, '/([^/]*)\.[^./]*$', '/thumbs/\1_{pixels}.jpg')"


THUMBNAILS = ", ".join(f"'{pixels}', {version_of(pixels)}" for pixels in SIZES)
PHOTOS = f"""
(SELECT coalesce(json_agg(photo), '[]'::json) FROM (
  SELECT p.id, p.listing_id, p.storage_key,
    CASE WHEN p.state = 'ready' THEN %(media)s::text || p.storage_key END AS image_url,
    p.width, p.height, {stamp("p.created_at")} AS created_at,
    CASE WHEN p.state = 'ready' THEN json_build_object({THUMBNAILS}) ELSE '{{}}'::json END AS thumbnails,
    nullif(p.colour, '') AS colour, p.state, p.position
  FROM listings_photo p WHERE p.listing_id = l.id ORDER BY p.position, p.id
) photo)"""  # noqa: S608  (nothing in it comes from outside)


def exactly(axis: str, shown: str) -> str:
    """To about 100 m, unless it is one's own."""
    return f"CASE WHEN l.seller_id = %(viewer)s THEN {axis}(l.location::geometry) ELSE l.{shown} END"


ITEM = f"""
l.id, l.seller_id, l.title, l.description, l.category_id, l.brand_id, l.price_cents, l.currency, l.condition,
l.quantity - l.reserved - l.sold AS quantity, l.is_active,
{exactly("ST_Y", "shown_latitude")} AS latitude, {exactly("ST_X", "shown_longitude")} AS longitude,
l.price_suggestion_used, l.quick_view_enabled,
{stamp("l.created_at")} AS created_at, {stamp("l.updated_at")} AS updated_at,
{PHOTOS} AS photos, l.state, l.version"""

# Public when it is on offer or sold; `ListingQuerySet.visible_to` in SQL, moderators aside
VISIBLE = """
l.removed_at IS NULL AND (l.seller_id = %(viewer)s
  OR (l.state IN ('live', 'sold') AND l.hidden_at IS NULL AND l.seller_is_active))"""

_ONE = "SELECT row_to_json(item)::text, item.version FROM (SELECT {} FROM listings_listing l WHERE {} AND {}) item"
ONE = _ONE.format(ITEM, "l.id = %(listing_id)s", VISIBLE)
ANY = _ONE.format(ITEM, "l.id = %(listing_id)s", "l.removed_at IS NULL")
