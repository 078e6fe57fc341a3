"""Two couriers, one delivery: real transactions, side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import User
from listings.models import Listing
from orders.models import Delivery, Order
from orders.services import delivering
from orders.services.delivering import Door
from orders.services.errors import DeliveryTaken

pytestmark = pytest.mark.django_db(transaction=True)
COURIERS = 6


def test_the_first_of_several_couriers_has_it(buyer: User, listing: Listing, make_person: Callable[..., User]) -> None:
    couriers = [make_person(f"courier{n}", is_delivery=True) for n in range(COURIERS)]
    number = delivering.order_to(buyer, listing.pk, Door("FIEC", "1"), payment=Delivery.Payment.CASH).order.number
    start = Barrier(COURIERS)

    def claim(courier: User) -> bool:
        try:
            start.wait(10)
            delivering.claim(courier, number, now=timezone.now())
        except DeliveryTaken:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(COURIERS) as pool:
        won = list(pool.map(claim, couriers))

    assert won.count(True) == 1
    assert Delivery.objects.get().courier == couriers[won.index(True)]
    assert Order.objects.get().events.filter(step="claim").count() == 1
