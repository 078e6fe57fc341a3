"""Orders to try things on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from listings.models import Category, Listing
from listings.services import catalogs, listings
from orders.lifecycle import Party, Step
from orders.models import Order
from orders.services import asking, ending, operating, operations, paying, placing
from orders.services.moving import By, lock, move
from orders.services.webhooks import events as webhooks
from orders.tests.aftermath import refuses, states
from orders.tests.money import settled

PRICE = 150_000_00


@pytest.fixture(autouse=True)
def nobody_wakes_up() -> None:
    asking.wake_up.means(lambda: None)  # tests work money off by hand, or start a real worker
    webhooks.wake_up.means(lambda: None)


@pytest.fixture
def no_limits(settings: Settings) -> None:
    """Nobody is told that they ask too often."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")


@pytest.fixture
def listing(seller: User) -> Listing:
    """One piece, of the seller, on offer."""
    catalogs.seed_base()
    facts = {
        "title": "Calculadora",
        "price_cents": PRICE,
        "currency": "COP",
        "category": Category.objects.earliest("pk"),
    }
    return listings.offer(seller, facts=facts, quantity=1)


@pytest.fixture
def order(buyer: User, listing: Listing) -> Order:
    return placing.place(buyer, placing.Wish(listing.pk))[0]


@pytest.fixture
def paid(buyer: User, order: Order) -> Order:
    """The money is held: paid, and not accepted yet."""
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    order.refresh_from_db()
    return order


@pytest.fixture
def disputed(buyer: User, paid: Order) -> Order:
    """The money is in escrow, and the buyer complains."""
    paying.capture(buyer, paid.pk)
    order = lock(paid.pk)
    move(order, Step.DISPUTE, by=By(Party.BUYER, buyer), reason="never came")
    return order


@pytest.fixture
def make_listing(seller: User, db: None) -> Callable[..., Listing]:
    def make(*, of: int = 1, **facts: Any) -> Listing:
        catalogs.seed_base()
        known = {"title": "Mouse", "currency": "COP", "price_cents": PRICE, "category": Category.objects.earliest("pk")}
        return listings.offer(seller, facts={**known, **facts}, quantity=of)

    return make


@pytest.fixture
def make_order(buyer: User, make_listing: Callable[..., Listing]) -> Callable[..., Order]:
    def make(*, by: User | None = None, pieces: int = 1, **facts: Any) -> Order:
        return placing.place(by or buyer, placing.Wish(make_listing(**facts).pk, pieces))[0]

    return make


@pytest.fixture
def with_a_fee(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Money of which a share is ours; and nobody waits for a worker, for each is told by the test when to work."""
    settings.ORDER_FEE_BPS, settings.ORDER_FEE_MIN_CENTS, settings.ORDER_FEE_MAX_CENTS = 850, 50, 9_000_00
    monkeypatch.setattr(operations, "drive", lambda order_id: None)


@pytest.fixture
def decided(moderator: User, disputed: Order) -> Callable[[int], Order]:
    """A dispute decided with so much for the seller; the provider does at once what it is asked."""

    def decide(release_cents: int) -> Order:
        operating.resolve(moderator, disputed.pk, release_cents=release_cents, reason="a scratch")
        return settled(disputed)

    return decide


@pytest.fixture
def refused(buyer: User, paid: Order) -> Order:
    """Called off; the provider has refused to give it back, and is asked once more in a moment."""
    paying.capture(buyer, paid.pk)
    refuses(paid, "refund")
    ending.cancel(buyer, paid.pk)
    paid.refresh_from_db()
    assert states(paid) == ["failed", "ready"]
    return paid
