"""What can be told: each is checked as at its own door, and done by the same service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers

from accounts.models import User
from accounts.notices import reading as notifications
from chat.serializers.messages import MarkReadBody, MessageBody, draft_of
from chat.services import marks, reading, sending
from listings.models import Listing
from listings.serializers.listings import ListingBody, ListingChanges
from listings.services import favourites, listings, transitions
from listings.services.listings import ListingNotFound
from marketplace.common import ratelimit
from marketplace.common.errors import InvalidInput
from marketplace.common.validation import Shape
from orders.serializers.orders import PlaceOrderBody
from orders.serializers.reviews import ReviewBody
from orders.services import placing, reviewing

Result = dict[str, Any]
Doing = Callable[[User, str, dict[str, Any]], Result]


@dataclass(frozen=True)
class Deed:
    shape: type[Shape]
    do: Doing


class OfListing(Shape):
    listing_id = serializers.UUIDField()


class OfNotification(Shape):
    notification_id = serializers.UUIDField()


class ChangeOfListing(ListingChanges):
    """`expected_version`: the one the phone has changed; another one by now is refused."""

    listing_id = serializers.UUIDField(required=True)
    expected_version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=True)

    @classmethod
    def read(cls, data: Any, **kwargs: Any) -> dict[str, Any]:
        body = super().read(data, **kwargs)
        for name in ("listing_id", "expected_version"):
            if name not in body:
                raise InvalidInput.one(["body", name], "Field required", type="missing")
        return body


def send(user: User, client_id: str, body: dict[str, Any]) -> Result:
    ratelimit.require("chat_send", str(user.pk))
    sent = sending.send(user, body["chat_id"], draft_of(body, client_id=client_id))
    return {"id": str(sent.message_id), "chat_id": str(sent.room_id), "seq": sent.seq}


def mark_read(user: User, client_id: str, body: dict[str, Any]) -> Result:
    chat_id = body["chat_id"]
    seq = reading.place_meant(user, chat_id, body)
    return {"chat_id": str(chat_id), "last_read_seq": marks.read_up_to(user, chat_id, seq)}


def like(user: User, client_id: str, body: dict[str, Any]) -> Result:
    listing = Listing.objects.visible_to(user).filter(pk=body["listing_id"]).first()
    if listing is None:
        raise ListingNotFound
    favourites.add(user, listing)
    return {"listing_id": str(listing.pk)}


def unlike(user: User, client_id: str, body: dict[str, Any]) -> Result:
    favourites.drop(user, body["listing_id"])
    return {"listing_id": str(body["listing_id"])}


def offer(user: User, client_id: str, body: dict[str, Any]) -> Result:
    facts = listings.checked_facts(body)
    is_active, state = facts.pop("is_active", True), facts.pop("state", None)
    made = listings.offer(
        user,
        quantity=facts.pop("quantity", 1),
        state=state or transitions.state_for(is_active=is_active),
        facts=facts,
    )
    return {"id": str(made.pk), "version": made.version}


def change(user: User, client_id: str, body: dict[str, Any]) -> Result:
    changes = listings.checked_facts(body)
    changed = listings.change(
        changes.pop("listing_id"),
        owner=user,
        expected_version=changes.pop("expected_version"),
        quantity=changes.pop("quantity", None),
        state=changes.pop("state", None),
        is_active=changes.pop("is_active", None),
        changes=changes,
        now=timezone.now(),
    )
    return {"id": str(changed.pk), "version": changed.version}


def order(user: User, client_id: str, body: dict[str, Any]) -> Result:
    placed, _ = placing.place(user, placing.Wish(**{**body, "client_id": body.get("client_id") or _key(client_id)}))
    return {"id": str(placed.pk), "version": placed.version, "total_cents": placed.total_cents}


def read(user: User, client_id: str, body: dict[str, Any]) -> Result:
    found = notifications.mark_read(user, body["notification_id"], now=timezone.now())
    return {"id": str(found.pk)}


def review(user: User, client_id: str, body: dict[str, Any]) -> Result:
    made = reviewing.review(
        user,
        body["order_id"],
        rating=body["rating"],
        comment=body.get("comment") or "",
        ratee_id=body["ratee_id"],
    )
    return {"id": str(made.pk)}


def _key(client_id: str) -> UUID | None:
    try:
        return UUID(client_id)
    except ValueError:
        return None


DEEDS: dict[str, Deed] = {
    "message.send": Deed(MessageBody, send),
    "message.read": Deed(MarkReadBody, mark_read),
    "favourite.add": Deed(OfListing, like),
    "favourite.drop": Deed(OfListing, unlike),
    "listing.create": Deed(ListingBody, offer),
    "listing.change": Deed(ChangeOfListing, change),
    "order.create": Deed(PlaceOrderBody, order),
    "notification.read": Deed(OfNotification, read),
    "review.create": Deed(ReviewBody, review),
}
