"""Rooms to talk in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat.models import Room
from chat.services import groups, opening
from chat.tests.desk import Desk
from listings.models import Category, Listing
from listings.services import catalogs, listings
from listings.tests.studio import Studio, local_files, local_studio, studio  # noqa: F401  (fixtures)
from marketplace.tests.test_storage_s3 import s3_server  # noqa: F401  (a fixture)


@pytest.fixture
def make_listing(seller: User) -> Callable[..., Listing]:
    def make(**facts: Any) -> Listing:
        catalogs.seed_base()
        known = {"title": "Calculadora", "price_cents": 8_500_000, "currency": "COP"}
        return listings.offer(seller, facts={**known, "category": Category.objects.earliest("pk"), **facts}, quantity=1)

    return make


@pytest.fixture
def listing(make_listing: Callable[..., Listing]) -> Listing:
    return make_listing()


@pytest.fixture
def room(buyer: User, listing: Listing) -> Room:
    """Of buyer and seller, about the seller's listing."""
    return opening.about_listing(buyer, listing.pk)[0]


@pytest.fixture
def direct(buyer: User, stranger: User) -> Room:
    return opening.between(buyer, stranger)[0]


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


@pytest.fixture
def desk(studio: Studio) -> Desk:  # noqa: F811
    """On the local store, and on an S3 server."""
    return Desk(studio)


@pytest.fixture
def local_desk(local_studio: Studio) -> Desk:  # noqa: F811
    return Desk(local_studio)
