"""Rooms between two: about a listing, or just so. Asked for again, the same room is there."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import Block, User
from chat.models import Member, Room
from chat.models.room import pair_of
from chat.services.errors import Blocked, ChatWithYourself
from listings.models import Listing
from listings.services.listings import ListingNotFound

EVERYBODY = "Everybody"


@transaction.atomic
def about_listing(buyer: User, listing_id: UUID, *, other: User | None = None) -> tuple[Room, bool]:
    """The room of a buyer and the seller (or whom else this is about), and whether it is new."""
    listing = Listing.objects.visible_to(buyer).filter(pk=listing_id).select_related("seller").first()
    if listing is None:
        raise ListingNotFound
    other = other or listing.seller
    if buyer.pk in (other.pk, listing.seller_id):
        raise ChatWithYourself
    room, is_new = Room.objects.get_or_create(kind=Room.Kind.LISTING, listing=listing, buyer=buyer, owner=other)
    if is_new:
        _nobody_is_blocked(buyer, other)
        _seat(room, (buyer, Member.Role.BUYER), (other, Member.Role.SELLER))
    else:
        Member.objects.filter(room=room, user=buyer).update(hidden_seq=None)
    return room, is_new


@transaction.atomic
def of_parties(listing_id: UUID, buyer: User, seller: User) -> Room:
    """The room of two who already do business about a listing, whatever has become of it or between them."""
    room: Room
    room, is_new = Room.objects.get_or_create(kind=Room.Kind.LISTING, listing_id=listing_id, buyer=buyer, owner=seller)
    if is_new:
        _seat(room, (buyer, Member.Role.BUYER), (seller, Member.Role.SELLER))
    return room


@transaction.atomic
def between(user: User, other: User) -> tuple[Room, bool]:
    if user.pk == other.pk:
        raise ChatWithYourself("Cannot open chat with yourself")
    pair = pair_of(user.pk, other.pk)
    room, is_new = Room.objects.get_or_create(pair=pair, defaults={"kind": Room.Kind.DIRECT})
    if is_new:
        _nobody_is_blocked(user, other)
        _seat(room, (user, Member.Role.MEMBER), (other, Member.Role.MEMBER))
    else:
        Member.objects.filter(room=room, user=user).update(hidden_seq=None)
    return room, is_new


def for_everybody() -> Room:
    """There is one, and nobody has to join it."""
    facts = {"name": EVERYBODY, "is_private": False}
    room: Room = Room.objects.get_or_create(kind=Room.Kind.BROADCAST, defaults=facts)[0]
    return room


def _nobody_is_blocked(one: User, other: User) -> None:
    between_them = Block.objects.filter(blocker__in=(one, other), blocked__in=(one, other))
    if between_them.exists():
        raise Blocked


def _seat(room: Room, *people: tuple[User, str]) -> None:
    Member.objects.bulk_create(Member(room=room, user=user, role=role) for user, role in people)
