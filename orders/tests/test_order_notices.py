"""Who is told what, when something happens to an order. Nobody hears what they did themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from accounts.models import Block, Notification, User
from listings.models import Listing
from marketplace.common import outbox
from orders.lifecycle import Party, Step
from orders.models import Deadline, Order, SellerTerms, SimulatorFault
from orders.services import accepting, deadlines, delivering, ending, handing_over, operating, operations, paying
from orders.services.moving import By, lock, move
from orders.tests.money import misbehave
from orders.tests.test_chargebacks import charged_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(buyer: User, seller: User) -> Callable[[], set[tuple[str, str]]]:
    """Who was told what since one asked the last time."""
    seen: set[object] = set()

    def ask() -> set[tuple[str, str]]:
        outbox.deliver_due(limit=1_000)
        new = [each for each in Notification.objects.select_related("user") if each.pk not in seen]
        seen.update(each.pk for each in new)
        return {(each.user.username, each.kind) for each in new if each.kind.startswith("order.")}

    return ask


Told = Callable[[], set[tuple[str, str]]]


def ring(order: Order, kind: str) -> None:
    Deadline.objects.filter(order=order, kind=kind).update(due_at=Now() - timedelta(seconds=1))
    deadlines.ring_due()


def test_the_long_road(told: Told, buyer: User, seller: User, order: Order) -> None:
    assert told() == {("seller", "order.ordered")}
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    assert told() == {("seller", "order.paid")}
    accepting.accept(seller, order.pk)
    assert told() == {("buyer", "order.accepted")}
    paying.capture(buyer, order.pk)
    handing_over.ship(seller, order.pk)
    assert told() == {("buyer", "order.handed_over")}
    ring(order, deadlines.REMINDER)
    assert told() == {("buyer", "order.reminder")}
    ending.complete(buyer, order.pk)
    assert told() == {("seller", "order.paid_out")}
    text = Notification.objects.get(kind="order.paid_out")
    assert (text.title, text.body) == ("You have been paid for Calculadora", "150 000 COP are on their way to you.")
    assert text.data["order_id"] == str(order.pk)


def test_the_reminder_comes_at_half_time_and_only_while_it_matters(
    told: Told, buyer: User, seller: User, paid: Order
) -> None:
    handing_over.ship(seller, paid.pk)
    due = dict(paid.deadlines.values_list("kind", "due_at"))
    paid.refresh_from_db()
    assert abs((due["timeout"] - paid.updated_at) / 2 - (due["reminder"] - paid.updated_at)) < timedelta(seconds=2)
    ring(paid, deadlines.REMINDER)
    ending.complete(buyer, paid.pk)
    assert ("buyer", "order.reminder") not in told()
    assert not paid.deadlines.exists()


def test_a_payment_that_fails_is_told_to_the_buyer(told: Told, buyer: User, order: Order) -> None:
    SimulatorFault.objects.create(fault="decline")
    told()
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    assert told() == {("buyer", "order.payment_failed")}


def test_whoever_accepts_at_once_is_not_asked_to(told: Told, buyer: User, seller: User, order: Order) -> None:
    SellerTerms.objects.create(user=seller, accepts_at_once=True)
    told()
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    assert told() == {("buyer", "order.accepted"), ("seller", "order.sold")}


@pytest.mark.parametrize(("who", "other"), [("buyer", "seller"), ("seller", "buyer")])
def test_an_unpaid_order_called_off(
    told: Told, order: Order, request: pytest.FixtureRequest, who: str, other: str
) -> None:
    told()
    ending.cancel(request.getfixturevalue(who), order.pk)
    assert told() == {(other, "order.called_off")}


def test_an_order_that_expires(told: Told, order: Order) -> None:
    told()
    ring(order, deadlines.TIMEOUT)
    assert told() == {("buyer", "order.expired"), ("seller", "order.expired")}


def test_one_that_the_seller_declines(told: Told, seller: User, paid: Order) -> None:
    told()
    ending.cancel(seller, paid.pk)
    assert told() == {("buyer", "order.declined"), ("buyer", "order.refunded")}
    waiting = Notification.objects.filter(user=paid.buyer, replaced_at__isnull=True, kind__startswith="order.")
    assert [each.kind for each in waiting] == ["order.refunded"], "the newest takes the place of the others"


def test_one_that_the_buyer_cancels(told: Told, buyer: User, paid: Order) -> None:
    told()
    ending.cancel(buyer, paid.pk)
    assert told() == {("buyer", "order.refunded"), ("seller", "order.called_off")}


def test_a_payment_given_up_by_the_buyer(told: Told, buyer: User, order: Order) -> None:
    told()
    paying.pay(buyer, order.pk)
    ending.cancel(buyer, order.pk)
    assert told() == {("seller", "order.called_off")}


def test_a_dispute_and_its_decision(told: Told, buyer: User, moderator: User, paid: Order) -> None:
    paying.capture(buyer, paid.pk)
    told()
    move(lock(paid.pk), Step.DISPUTE, by=By(Party.BUYER, buyer))
    assert told() == {("seller", "order.disputed")}
    operating.resolve(moderator, paid.pk, release_cents=50_000_00, reason="secret")
    operations.drive(paid.pk)
    assert told() == {("buyer", "order.decided"), ("seller", "order.decided"), ("seller", "order.paid_out")}
    text = Notification.objects.filter(kind="order.decided").earliest("pk").body
    assert text == "50 000 COP are for the seller, before the fee; 100 000 COP go back to the buyer."


def test_people_who_blocked_each_other_are_told_all_the_same(
    told: Told, buyer: User, seller: User, order: Order
) -> None:
    Block.objects.create(blocker=seller, blocked=buyer)
    told()
    ending.cancel(buyer, order.pk)
    assert told() == {("seller", "order.called_off")}


def test_it_is_told_in_the_persons_language(told: Told, seller: User, order: Order) -> None:
    User.objects.filter(pk=seller.pk).update(language="es")
    told()
    assert Notification.objects.get(kind="order.ordered").title == "Nuevo pedido: Calculadora"


def test_an_event_told_twice_is_heard_once(told: Told, order: Order) -> None:
    from marketplace.common.models import OutboxDelivery

    told()
    OutboxDelivery.objects.update(state="waiting", attempts=0, due_at=Now())
    assert told() == set()


def body_of(order: Order, kind: str) -> str:
    found: Notification = Notification.objects.get(kind=kind, data__order_id=str(order.pk))
    return str(found.body)


def test_of_what_was_kept_for_a_debt_nothing_is_said_to_be_on_its_way(
    told: Told, buyer: User, make_order: Callable[..., Order]
) -> None:
    def sold(cents: int, fault: str = "") -> Order:
        order = make_order(price_cents=cents)
        paying.pay(buyer, order.pk)
        operations.drive(order.pk)
        if fault:
            misbehave(order, fault)
        return ending.complete(buyer, order.pk)

    charged_back(sold(1_000_000, "chargeback"))
    told()

    small = sold(400_000)
    assert {kind for who, kind in told() if who == "seller"} == {"order.ordered", "order.nothing_left"}
    large = sold(900_000)
    assert {kind for who, kind in told() if who == "seller"} == {"order.ordered", "order.paid_out_less"}
    later = sold(500_000)
    assert {kind for who, kind in told() if who == "seller"} == {"order.ordered", "order.paid_out"}

    kept = "Of 4 000 COP, 0 COP are the fee and 4 000 COP were kept for what you owed from earlier sales."
    assert body_of(small, "order.nothing_left") == kept
    less = "3 000 COP are on their way to you. 6 000 COP were kept for what you owed from earlier sales."
    assert body_of(large, "order.paid_out_less") == less
    assert body_of(later, "order.paid_out") == "5 000 COP are on their way to you."


def test_what_the_seller_owes_is_not_told_to_the_buyer_beside_what_concerns_them(
    told: Told, buyer: User, moderator: User, make_order: Callable[..., Order]
) -> None:
    order = make_order(price_cents=1_000_000)
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    misbehave(order, "chargeback")
    charged_back(ending.complete(buyer, order.pk))
    second = make_order(price_cents=400_000)
    paying.pay(buyer, second.pk)
    operations.drive(second.pk)
    paying.capture(buyer, second.pk)
    second = lock(second.pk)
    move(second, Step.DISPUTE, by=By(Party.BUYER, buyer), reason="never came")
    operating.resolve(moderator, second.pk, release_cents=400_000, reason="it did")
    told()

    of_it = Notification.objects.filter(kind="order.decided", data__order_id=str(second.pk))
    assert {each.user.username for each in of_it} == {"buyer", "seller"}
    secret = {"share", "fee", "withheld"}
    assert {each.user.username: secret & each.data.keys() for each in of_it} == {"buyer": set(), "seller": secret}


def test_what_no_courier_brought_in_time(told: Told, buyer: User, make_listing: Callable[..., Listing]) -> None:
    door = delivering.Door("FIEC", "11-C")
    order = delivering.order_to(buyer, make_listing().pk, door, payment="cash").order
    told()
    ring(order, deadlines.TIMEOUT)
    assert told() == {("buyer", "order.not_brought"), ("seller", "order.not_brought")}
