"""What the two of a listing's room agree on beside their talk."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.notices.letters import language_of
from chat.models import Room
from chat.services import log, telling
from chat.services.errors import ChatNotFound, NotAllowedHere

PAID = _("Payment confirmed.")


@transaction.atomic
def confirm_payment(person: User, room_number: int, *, now: datetime) -> Room:
    """By who is paid: the seller, or the courier at the door. It is their word, and moves no money of ours."""
    found = Room.objects.talks_of(person).filter(number=room_number).first()
    if found is None:
        raise ChatNotFound
    room = log.lock(found.pk)
    if room.owner_id != person.pk:
        raise NotAllowedHere
    if room.payment_confirmed_at is None:
        room.payment_confirmed_at = now
        room.save(update_fields=["payment_confirmed_at"])
        with language_of(found.buyer):
            telling.say(room.pk, str(PAID), data={"kind": "payment.confirmed"}, on_behalf_of=person)
    return room
