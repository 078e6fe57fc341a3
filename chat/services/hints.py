"""What in a text its readers should be warned of, and who is meant by it. Nothing here ever stops a message."""

from __future__ import annotations

import re
from uuid import UUID

from django.db.models.functions import Lower

from chat.models import Member, Room
from chat.services.access import Standing

PAYMENT = "off_platform_payment"
PHONE = "phone_number"
LINK = "link"
MOST_MENTIONS = 20
_PAYMENT = re.compile(
    r"\b(western\s*union|money\s*gram|nequi|daviplata|paypal|zelle|venmo|cash\s*app|bizum|yape|plin|binance|bitcoin|"
    r"usdt|crypto|gift\s*cards?|consign(a|ar|ame|e)|transfi(ere|ereme|ero)|giro|efecty|"
    r"(wire|bank)\s+transfer|pay\s+(me\s+)?(outside|directly)|p[aá]ga(me|r)?\s+(por\s+fuera|directo|aparte))\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\d/.,])\+?\d(?:[\s().-]?\d){8,13}(?![\d/.,]\d)")
_LINK = re.compile(
    r"\b(?:https?://|www\.)\S|\w-*\.(?:com|net|org|co|io|me|ly|app|link|xyz|info|shop)(?:/|\b)", re.IGNORECASE
)
_MENTION = re.compile(r"(?<![\w@])@([^\s@,;:!?]{1,50})")


def of(text: str) -> list[str]:
    found = ((PAYMENT, _PAYMENT), (PHONE, _PHONE), (LINK, _LINK))
    return [name for name, pattern in found if pattern.search(text)]


def mentioned_in(text: str, standing: Standing) -> list[UUID]:
    """The members of a group who are called by their user name, but not oneself."""
    if standing.kind != Room.Kind.GROUP or "@" not in text:
        return []
    names = {name.rstrip(".").lower() for name in _MENTION.findall(text)}
    members = Member.objects.filter(room=standing.room_id, state=Member.State.ACTIVE)
    members = members.alias(called=Lower("user__username")).filter(called__in=sorted(names)[:MOST_MENTIONS])
    return list(members.exclude(user=standing.user_id).values_list("user_id", flat=True).order_by("user_id"))
