"""A picture that another seller is already showing: moderators are told, nobody is punished by a program."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from listings.models import ListingFlag, Photo

Kind, FlagState = ListingFlag.Kind, ListingFlag.State


def flag_copies(photo: Photo) -> None:
    """Called with the listing locked. What a moderator has already decided is not asked again."""
    if photo.fingerprint is None:
        return
    _one_at_a_time()
    twin = nearest(photo.fingerprint, not_by=photo.listing.seller_id)
    if twin is None or _is_known(photo, twin):
        return
    facts = {"photo": str(photo.pk), "other_listing": str(twin.listing_id), "distance": twin.distance}
    flag = ListingFlag(listing=photo.listing, kind=Kind.PICTURE, facts=facts)
    ListingFlag.objects.bulk_create([flag], ignore_conflicts=True)  # one open flag is enough


def nearest(fingerprint: int, *, not_by: UUID) -> Any:
    """Of what others have on offer, or None. Inside a transaction.

    The index leaves a few hundred to look at. The planner expects thousands and would start helpers for them, which
    takes ten times as long as looking.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    return Photo.objects.resembling(fingerprint).on_offer().not_by(not_by).first()


def _one_at_a_time() -> None:
    """Until the commit, or two copies that become ready together would not see each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('listings.lookalikes'))")


def _is_known(photo: Photo, twin: Photo) -> bool:
    flags = ListingFlag.objects.filter(listing=photo.listing, kind=Kind.PICTURE)
    return flags.filter(facts__other_listing=str(twin.listing_id)).exists()
