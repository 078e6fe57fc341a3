"""What people do with a seller's things, at times that a test chooses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from analytics.models import Event
from chat.models import Message, Room
from chat.services import opening, sending
from chat.services.sending import Draft
from listings.models import Listing


def asked(buyer: User, listing: Listing, *, at: datetime, answered_after: timedelta | None = None) -> Room:
    """A conversation that begins then; None: nobody answers."""
    room, _ = opening.about_listing(buyer, listing.pk)
    Room.objects.filter(pk=room.pk).update(created_at=at)
    said(room, buyer, at=at)
    if answered_after is not None:
        said(room, listing.seller, at=at + answered_after)
    return room


def said(room: Room, person: User, *, at: datetime) -> Message:
    sent = sending.send(person, room.pk, Draft("…"))
    Message.objects.filter(pk=sent.message_id).update(created_at=at)
    message: Message = Message.objects.get(pk=sent.message_id)
    return message


def viewed(person: User | None, listing: Listing, *, at: datetime | None = None, **facts: Any) -> None:
    at = at or timezone.now()
    known: dict[str, Any] = {"event_type": "listing.viewed", "session_id": "a session", "transaction": 1}
    known |= {"user_id": person and person.pk, "listing_id": listing.pk, "occurred_at": at, "received_at": at}
    Event.objects.create(**known | facts)
