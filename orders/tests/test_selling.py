"""How somebody sells: `/v1/users/me/selling`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from orders.lifecycle import State
from orders.models import Order, SellerTerms
from orders.tests.parties import pay

pytestmark = pytest.mark.django_db
ADDRESS = "/v1/users/me/selling"


def test_nobody_accepts_at_once_unless_they_say_so(
    signed_in: Callable[..., APIClient], seller: User, order: Order
) -> None:
    assert signed_in(seller).get(ADDRESS).json() == {"accepts_at_once": False}
    assert not SellerTerms.objects.exists()
    assert pay(order).state == State.FUNDED


def test_who_says_so_accepts_what_is_paid(signed_in: Callable[..., APIClient], seller: User, order: Order) -> None:
    client = signed_in(seller)

    changed = client.patch(ADDRESS, {"accepts_at_once": True})

    assert (changed.status_code, changed.json()) == (200, {"accepts_at_once": True})
    assert client.patch(ADDRESS, {}).json() == client.get(ADDRESS).json() == {"accepts_at_once": True}
    assert pay(order).state == State.ACCEPTED


def test_another_person_s_terms_are_their_own(signed_in: Callable[..., APIClient], seller: User, buyer: User) -> None:
    signed_in(buyer).patch(ADDRESS, {"accepts_at_once": True})

    assert signed_in(seller).get(ADDRESS).json() == {"accepts_at_once": False}
    assert signed_in(buyer).patch(ADDRESS, {"accepts_at_once": "perhaps"}).status_code == 422
