"""What a person has marked with a heart."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from listings.models import Favourite, Listing
from marketplace.common import outbox


@transaction.atomic
def add(user: User, listing: Listing) -> None:
    row = Favourite(user=user, listing=listing)
    Favourite.objects.bulk_create([row], ignore_conflicts=True)
    if Favourite.objects.filter(pk=row.pk).exists():
        outbox.publish("favourite.added", user_id=str(user.pk), listing_id=str(listing.pk))


@transaction.atomic
def toggle(user: User, listing: Listing) -> bool:
    """Whether it is one now."""
    if drop(user, listing.pk):
        return False
    add(user, listing)
    return True


@transaction.atomic
def drop(user: User, listing_id: UUID) -> bool:
    """Whether it was one. Also one that is no longer to be seen."""
    count, _ = Favourite.objects.filter(user=user, listing_id=listing_id).delete()
    if count:
        outbox.publish("favourite.dropped", user_id=str(user.pk), listing_id=str(listing_id))
    return bool(count)


def fans_of(listing_id: UUID, *, but: UUID, after: UUID, most: int) -> list[Favourite]:
    """A slice of those who like it, oldest first; never the seller."""
    rows = Favourite.objects.filter(listing_id=listing_id, pk__gt=after).exclude(user_id=but)
    return list(rows.order_by("pk")[:most])
