"""Catalogs, listings and favourites."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import connection

from listings.models import Brand, Category, Favourite
from listings.search.items import DRAWN, VISIBLE
from listings.search.media import with_addresses
from listings.serializers.catalogs import BrandOut, CategoryOut
from marketplace.sync.kinds import PUBLIC, Kind
from marketplace.sync.registry import Keys, Shown, Synced, registry

_LISTINGS = f"""
SELECT l.id, convert_to({DRAWN} || '}}', 'UTF8')
FROM listings_listing l LEFT JOIN listings_card c ON c.listing_id = l.id
WHERE l.id = ANY(%(keys)s) AND {VISIBLE}
"""  # noqa: S608


def categories(viewer: Any, keys: Keys) -> Shown:
    rows = Category.objects.shown().filter(pk__in=keys)
    return {row.pk: CategoryOut(row).data for row in rows}


def brands(viewer: Any, keys: Keys) -> Shown:
    rows = Brand.objects.shown().filter(pk__in=keys)
    return {row.pk: BrandOut(row).data for row in rows}


def listings(viewer: Any, keys: Keys) -> Shown:
    """What everybody may look at by its address, and one's own. What moderators see beyond that is for the admin."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTINGS, {"keys": keys, "viewer": PUBLIC if viewer is None else viewer.pk})
        return {key: orjson.Fragment(with_addresses(bytes(body))) for key, body in cursor.fetchall()}


def favourites(viewer: Any, keys: Keys) -> Shown:
    """By the listing, which stands among the listings as long as it is to be seen."""
    rows = Favourite.objects.filter(user=viewer, listing__in=keys).values_list("listing_id", "created_at")
    return {key: {"id": key, "listing_id": key, "favourited_at": at} for key, at in rows}


registry.add(
    Synced("categories", (Kind.CATEGORY,), categories, ("listings_category",), is_public=True),
    Synced("brands", (Kind.BRAND,), brands, ("listings_brand",), is_public=True),
    Synced(
        "listings",
        (Kind.LISTING,),
        listings,
        ("listings_listing",),
        parts=("listings_photo",),
        has_version=True,
        is_public=True,
    ),
    Synced("favourites", (Kind.FAVOURITE,), favourites, ("listings_favourite",)),
)
