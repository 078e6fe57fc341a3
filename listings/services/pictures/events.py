"""What is announced about a picture, and who is woken."""

from __future__ import annotations

from listings.models import Photo
from marketplace.common import outbox
from marketplace.common.wake import WakeUp

wake_up = WakeUp("pictures")


def announce(kind: str, photo: Photo) -> None:
    """Leaves with the commit."""
    outbox.publish(kind, photo_id=str(photo.pk), listing_id=str(photo.listing_id), storage_key=photo.storage_key)
