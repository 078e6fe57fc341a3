"""Rows of ours in PoliMarket's words. Everything that is read here has been fetched before."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from chat.models import Message, Room
from listings.models import Listing, Photo
from marketplace.common.money import amount_from_cents
from marketplace.common.storage import extension_of, public_base_url
from marketplace.contracts.common import IMAGES, picture_of
from marketplace.contracts.polimarket.names import PAYMENT_NAMES, shelf_of, status_of
from orders.models import Delivery, Order

OURSELVES = "PoliMarket"
Shown = dict[str, Any]


def person(user: User) -> Shown:
    return {"id": user.number, "name": user.display_name, "profile_image": picture_of(user)}


def image_of(listing: Listing) -> str | None:
    """Of the cover, once it is known to be a picture. An address of its own: random, and flat."""
    photo = next((each for each in listing.photos.all() if each.state == Photo.State.READY), None)
    if photo is None:
        return None
    return f"{public_base_url()}{IMAGES}/{file_of(photo)}"


def file_of(photo: Photo) -> str:
    return f"{photo.pk}.{extension_of(photo.storage_key)}"


def thing(listing: Listing) -> Shown:
    return {
        "id": listing.number,
        "title": listing.title,
        "price": amount_from_cents(listing.price_cents),
        "image_url": image_of(listing),
    }


def product(listing: Listing) -> Shown:
    return {
        **thing(listing),
        "description": listing.description or "",
        "category": shelf_of(listing.category),
        "seller_id": listing.seller.number,
        "seller": person(listing.seller),
        "created_at": listing.created_at,
    }


def deal(room: Room) -> Shown:
    assert room.listing is not None
    assert room.buyer is not None
    assert room.owner is not None
    return {
        "id": room.number,
        "product_id": room.listing.number,
        "buyer_id": room.buyer.number,
        "seller_id": room.owner.number,
        "created_at": room.created_at,
        "payment_confirmed": room.payment_confirmed_at is not None,
        "product": thing(room.listing),
        "buyer": person(room.buyer),
        "seller": person(room.owner),
    }


def line(message: Message, chat_number: int) -> Shown:
    """What was taken back keeps its place and says nothing; a file without words is called by its name."""
    speaks = message.deleted_at is None and message.hidden_at is None
    names = ", ".join(each.upload.name for each in message.attachments.all()) if speaks else ""
    return {
        "id": message.number,
        "chat_id": chat_number,
        "author_id": message.sender.number if message.sender else None,
        "author_name": message.sender.display_name if message.sender else OURSELVES,
        "text": (message.body or names) if speaks else "",
        "created_at": message.created_at,
    }


def trade(order: Order) -> Shown:
    """With `delivery`, or without: what else is bought and sold here counts as well."""
    delivery: Delivery | None = getattr(order, "delivery", None)
    fee_cents = delivery.fee_cents if delivery else 0
    return {
        "id": order.number,
        "buyer_id": order.buyer.number,
        "seller_id": order.seller.number,
        "product_id": order.listing.number,
        "product": thing(order.listing),
        "faculty": delivery.faculty if delivery else None,
        "building": delivery.building if delivery else None,
        "classroom": (delivery.classroom or None) if delivery else None,
        "payment_method": PAYMENT_NAMES[delivery.payment] if delivery else None,
        "delivery_person_id": delivery.courier.number if delivery and delivery.courier else None,
        "delivery_fee": amount_from_cents(fee_cents),
        "total_amount": amount_from_cents(order.total_cents + fee_cents),
        "status": status_of(order, delivery),
        "created_at": order.created_at,
    }
