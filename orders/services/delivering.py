"""What a courier brings, and the buyer pays at the door: see docs/decisions/0018-paid-at-the-door.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from marketplace.common import outbox
from orders import terms
from orders.lifecycle import Note, Party, State, Step
from orders.models import Delivery, Order
from orders.services import placing, settling
from orders.services.errors import (
    DeliveryNotFound,
    DeliveryTaken,
    NotACourier,
    NotYourDelivery,
    OwnDelivery,
    TooManyUnpaid,
)
from orders.services.moving import By, move, note


@dataclass(frozen=True)
class Door:
    """Where it is brought to."""

    faculty: str
    building: str
    classroom: str = ""


@transaction.atomic
def order_to(buyer: User, listing_id: UUID, door: Door, *, payment: str, client_id: UUID | None = None) -> Delivery:
    """One piece, at the price it has now. The fee is what the way costs now, too."""
    order, is_new = placing.place(buyer, placing.Wish(listing_id, client_id=client_id, is_paid_at_the_door=True))
    if not is_new:
        return _there_already(order)
    _require_room(buyer)
    delivery: Delivery = Delivery.objects.create(
        order=order,
        faculty=door.faculty,
        building=door.building,
        classroom=door.classroom,
        payment=payment,
        fee_cents=terms.delivery_cents(door.faculty),
    )
    outbox.publish("delivery.asked", **_about(order))
    return delivery


def _there_already(order: Order) -> Delivery:
    """Sent again: what was ordered under this `client_id`, if a courier brings it."""
    delivery: Delivery | None = Delivery.objects.select_related("order").filter(order=order).first()
    if delivery is None:
        raise DeliveryNotFound
    return delivery


@transaction.atomic
def claim(courier: User, order_number: int, *, now: datetime) -> Delivery:
    """The first of several who want it has it."""
    delivery = _locked(courier, order_number)
    if delivery.courier_id is not None:
        return _own(delivery, courier, otherwise=DeliveryTaken)
    if delivery.order.buyer_id == courier.pk:
        raise OwnDelivery
    note(delivery.order, Note.CLAIM, by=By(Party.COURIER, courier), facts={"courier_id": str(courier.pk)})
    delivery.courier, delivery.claimed_at = courier, now
    delivery.save(update_fields=["courier", "claimed_at"])
    return delivery


@transaction.atomic
def deliver(courier: User, order_number: int) -> Delivery:
    """Brought, and paid at the door: the pieces are sold. No account of ours was touched."""
    delivery = _own(_locked(courier, order_number), courier, otherwise=NotYourDelivery)
    if delivery.order.state != State.COMPLETED:
        move(delivery.order, Step.DELIVER, by=By(Party.COURIER, courier), is_sale=True)
        settling.sell_stock(delivery.order)
    return delivery


@transaction.atomic
def turn_down(courier: User, order_number: int) -> Delivery:
    """Who holds it gives it up, which ends the order. For anybody else it only leaves their own list."""
    delivery = _locked(courier, order_number)
    if delivery.courier_id is None:
        delivery.passed_on_by.add(courier)
        return delivery
    _own(delivery, courier, otherwise=NotYourDelivery)
    if delivery.order.state != State.CANCELLED:
        move(delivery.order, Step.GIVE_UP, by=By(Party.COURIER, courier))
        settling.free_stock(delivery.order)
    return delivery


def require_courier(person: User) -> None:
    if not person.is_delivery:
        raise NotACourier


def _locked(courier: User, order_number: int) -> Delivery:
    """The order first, as everybody does who locks more than one thing."""
    require_courier(courier)
    order: Order | None = Order.objects.locked().filter(number=order_number, delivery__isnull=False).first()
    if order is None:
        raise DeliveryNotFound
    delivery: Delivery = Delivery.objects.select_for_update(of=("self",), no_key=True).get(order=order)
    delivery.order = order
    return delivery


def _own(delivery: Delivery, courier: User, *, otherwise: type[Exception]) -> Delivery:
    if delivery.courier_id != courier.pk:
        raise otherwise
    return delivery


def _require_room(buyer: User) -> None:
    """As many as may be unpaid may wait for a courier. The order that was just placed has locked the buyer's others."""
    most = terms.most_unpaid()
    if most and Order.objects.filter(buyer=buyer, state=State.ARRANGED).count() > most:
        raise TooManyUnpaid


def _about(order: Order) -> dict[str, str]:
    keys = {"order_id": order.pk, "listing_id": order.listing_id}
    return {name: str(key) for name, key in (keys | {"buyer_id": order.buyer_id, "seller_id": order.seller_id}).items()}
