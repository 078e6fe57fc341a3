"""What a courier brings and the buyer pays at the door: an order like any other, whose money never comes near us."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from marketplace.common.ids import uuid7
from orders.lifecycle import State
from orders.models import Account, Deadline, Delivery, Escrow, LedgerTransaction, Operation, Order
from orders.services import deadlines, delivering, ending, paying, placing
from orders.services.auditing import auditing
from orders.services.delivering import Door
from orders.services.errors import (
    DeliveryNotFound,
    DeliveryTaken,
    NotACourier,
    NotYourDelivery,
    OutOfStock,
    OwnDelivery,
    StepRefused,
    TooManyUnpaid,
)

pytestmark = pytest.mark.django_db
DOOR = Door("FIEC", "11-C", "204")


@pytest.fixture
def courier(make_person: Callable[..., User]) -> User:
    return make_person("courier", is_delivery=True)


@pytest.fixture
def asked(buyer: User, listing: Listing) -> Delivery:
    return delivering.order_to(buyer, listing.pk, DOOR, payment=Delivery.Payment.CASH)


@pytest.fixture
def claimed(courier: User, asked: Delivery) -> Delivery:
    return delivering.claim(courier, asked.order.number, now=timezone.now())


def require_no_money() -> None:
    """Neither escrow nor ledger nor provider has heard of it, and the books are right."""
    assert not Escrow.objects.exists()
    assert not Operation.objects.exists()
    assert not LedgerTransaction.objects.exists()
    assert not Account.objects.exclude(balance=0).exists()
    assert auditing.run().is_ok


@pytest.mark.parametrize(
    ("faculty", "cents"), [("FCNM", 25), ("FIEC", 25), ("fimcp ", 25), ("FCV", 100), ("FADCOM", 50), ("", 50)]
)
def test_the_way_costs_what_it_costs(buyer: User, listing: Listing, faculty: str, cents: int) -> None:
    delivery = delivering.order_to(buyer, listing.pk, Door(faculty, "1"), payment=Delivery.Payment.TRANSFER)

    assert (delivery.fee_cents, delivery.to_pay_cents) == (cents, listing.price_cents + cents)


def test_it_holds_a_piece_and_takes_no_fee_of_ours(asked: Delivery, listing: Listing, settings: Settings) -> None:
    order = Order.objects.get()
    listing.refresh_from_db()

    assert (order.state, order.status, order.fee_bps, order.fee_min_cents) == ("arranged", "created", 0, 0)
    assert (listing.reserved, listing.available) == (1, 0)
    left = order.deadlines.get().due_at - order.created_at
    assert left.total_seconds() == settings.ORDER_DELIVERY_HOURS * 3600
    require_no_money()


def test_even_where_sales_have_a_fee(buyer: User, listing: Listing, settings: Settings) -> None:
    settings.ORDER_FEE_BPS, settings.ORDER_FEE_MIN_CENTS = 850, 50

    delivery = delivering.order_to(buyer, listing.pk, DOOR, payment=Delivery.Payment.CASH)

    assert delivery.order.fee_cents == 0


def test_brought_and_paid_at_the_door(claimed: Delivery, courier: User, listing: Listing) -> None:
    for _ in range(2):  # the phone sends it again
        delivering.deliver(courier, claimed.order.number)

    order, listing = Order.objects.get(), Listing.objects.get()
    assert (order.state, order.is_sale, order.release_cents) == ("completed", True, 0)
    assert (listing.sold, listing.reserved, listing.state) == (1, 0, "sold")
    steps = list(order.events.values_list("step", "party", "to_state"))
    assert steps == [
        ("create", "buyer", "arranged"),
        ("claim", "courier", "arranged"),
        ("deliver", "courier", "completed"),
    ]
    require_no_money()


def test_a_courier_who_holds_it_may_give_it_up(claimed: Delivery, courier: User) -> None:
    for _ in range(2):
        delivering.turn_down(courier, claimed.order.number)

    order, listing = Order.objects.get(), Listing.objects.get()
    assert (order.state, listing.reserved, listing.available) == ("cancelled", 0, 1)
    require_no_money()


def test_who_does_not_want_it_no_longer_sees_it(
    asked: Delivery, courier: User, make_person: Callable[..., User]
) -> None:
    other = make_person("other", is_delivery=True)
    delivering.turn_down(courier, asked.order.number)

    assert not Delivery.objects.offered_to(courier).exists()
    assert Delivery.objects.offered_to(other).get() == asked
    assert Order.objects.get().state == State.ARRANGED


def test_only_its_courier_moves_it_on(claimed: Delivery, make_person: Callable[..., User], stranger: User) -> None:
    other, number = make_person("other", is_delivery=True), claimed.order.number
    before = list(Order.objects.values())
    attempts: list[tuple[Callable[[], object], type[Exception]]] = [
        (lambda: delivering.claim(other, number, now=timezone.now()), DeliveryTaken),
        (lambda: delivering.deliver(other, number), NotYourDelivery),
        (lambda: delivering.turn_down(other, number), NotYourDelivery),
        (lambda: delivering.claim(stranger, number, now=timezone.now()), NotACourier),
        (lambda: delivering.deliver(stranger, number), NotACourier),
        (lambda: delivering.deliver(other, 987_654_321), DeliveryNotFound),
    ]
    for act, refusal in attempts:
        with pytest.raises(refusal):
            act()
    assert list(Order.objects.values()) == before


def test_what_nobody_holds_cannot_be_completed(asked: Delivery, courier: User) -> None:
    with pytest.raises(NotYourDelivery):
        delivering.deliver(courier, asked.order.number)


def test_nobody_brings_their_own_order(asked: Delivery, buyer: User) -> None:
    User.objects.filter(pk=buyer.pk).update(is_delivery=True)
    buyer.refresh_from_db()

    with pytest.raises(OwnDelivery):
        delivering.claim(buyer, asked.order.number, now=timezone.now())


def test_buyer_and_seller_may_still_call_it_off(
    signed_in: Callable[..., APIClient], claimed: Delivery, courier: User, seller: User
) -> None:
    assert signed_in(seller).post(f"/v1/orders/{claimed.order.pk}/cancel").status_code == 200

    with pytest.raises(StepRefused):
        delivering.deliver(courier, claimed.order.number)
    assert not Delivery.objects.open().exists()
    require_no_money()


def test_it_cannot_be_paid_into_escrow_as_well(asked: Delivery, buyer: User) -> None:
    with pytest.raises(StepRefused):
        paying.pay(buyer, asked.order.pk)
    with pytest.raises(StepRefused):
        ending.complete(buyer, asked.order.pk)
    require_no_money()


def test_what_nobody_brings_in_time_is_over(asked: Delivery) -> None:
    Deadline.objects.update(due_at=timezone.now())

    assert deadlines.ring_due() == 1
    assert (Order.objects.get().state, Listing.objects.get().available) == ("expired", 1)
    require_no_money()


def test_sent_again_with_its_name_it_is_the_same_delivery(
    buyer: User, listing: Listing, make_listing: Callable[..., Listing]
) -> None:
    name = uuid7()
    first, again = (
        delivering.order_to(buyer, listing.pk, DOOR, payment=Delivery.Payment.CASH, client_id=name) for _ in range(2)
    )
    assert (first.pk, Delivery.objects.count(), Order.objects.count()) == (again.pk, 1, 1)

    placing.place(buyer, placing.Wish(make_listing().pk, client_id=(other := uuid7())))
    with pytest.raises(DeliveryNotFound):  # the name is an order's that nobody brings
        delivering.order_to(buyer, listing.pk, DOOR, payment=Delivery.Payment.CASH, client_id=other)


def test_the_last_piece_is_held_once(asked: Delivery, listing: Listing, stranger: User) -> None:
    with pytest.raises(OutOfStock):
        delivering.order_to(stranger, listing.pk, DOOR, payment=Delivery.Payment.CASH)
    assert Delivery.objects.count() == 1


def test_nobody_holds_the_whole_market(buyer: User, make_listing: Callable[..., Listing], settings: Settings) -> None:
    settings.ORDER_MOST_UNPAID = 2
    thing = make_listing(of=5)
    for _ in range(2):
        delivering.order_to(buyer, thing.pk, DOOR, payment=Delivery.Payment.CASH)

    with pytest.raises(TooManyUnpaid):
        delivering.order_to(buyer, thing.pk, DOOR, payment=Delivery.Payment.CASH)
    thing.refresh_from_db()
    assert thing.reserved == 2


def test_operators_see_where_it_goes_and_who_brings_it(
    in_admin: Callable[[User], Client], administrator: User, claimed: Delivery
) -> None:
    page = in_admin(administrator).get(f"/admin/orders/order/{claimed.order.pk}/change/").content.decode()

    assert "FIEC, 11-C; Cash" in page
    assert "courier: @courier" in page


def test_it_is_explained_to_its_parties(
    signed_in: Callable[..., APIClient], claimed: Delivery, buyer: User, courier: User
) -> None:
    path = f"/v1/orders/{claimed.order.pk}/explain"
    waiting = signed_in(buyer).get(path).json()
    delivering.deliver(courier, claimed.order.number)
    done = signed_in(buyer).get(path).json()

    assert (waiting["waits_for"], waiting["allowed"], waiting["money"]) == (
        ["courier"],
        ["cancel_unpaid"],
        "With the buyer.",
    )
    assert done["money"] == "Paid at the door. It never came through us."
