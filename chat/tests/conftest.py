"""Rooms to talk in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat.models import Room
from chat.services import groups, opening
from listings.models import Category, Listing
from listings.services import catalogs, listings


@pytest.fixture
def listing(seller: User) -> Listing:
    catalogs.seed_base()
    facts = {"title": "Calculadora", "price_cents": 8_500_000, "currency": "COP", "category": Category.objects.first()}
    return listings.offer(seller, facts=facts, quantity=1)


@pytest.fixture
def room(buyer: User, listing: Listing) -> Room:
    """Of buyer and seller, about the seller's listing."""
    return opening.about_listing(buyer, listing.pk)[0]


@pytest.fixture
def make_group(make_person: Callable[..., User]) -> Callable[..., Room]:
    """`make_group(owner, buyer, seller, is_private=True)`: these are its members."""

    def make(owner: User, *others: User, **facts: Any) -> Room:
        group = groups.create(owner, **{"name": "Robotics", "is_private": False, **facts})
        for person in others:
            if group.is_private:
                groups.invite(owner, group.pk, person)
            groups.join(person, group.pk)
        group.refresh_from_db()
        return group

    return make
