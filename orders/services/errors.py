"""What a caller may be told about an order."""

from __future__ import annotations

from marketplace.common.errors import Conflict, DomainError, Forbidden, NotFound
from orders.lifecycle import Party
from orders.models import Order


class OrderNotFound(NotFound):
    code = "order_not_found"
    detail = "Order not found"


class ListingNotOnOffer(NotFound):
    code = "listing_not_found"
    detail = "Listing not found or inactive"


class OwnListing(DomainError):
    code = "own_listing"
    detail = "You cannot buy your own listing"


class OutOfStock(Conflict):
    code = "out_of_stock"
    detail = "There are not so many left"


class PriceChanged(Conflict):
    code = "price_changed"
    detail = "The price has changed; read the listing again"


class TooManyUnpaid(Conflict):
    code = "too_many_unpaid"
    detail = "Pay for, or cancel, what you have ordered first"


class DeliveryNotFound(NotFound):
    code = "delivery_not_found"
    detail = "Delivery not found"


class NotACourier(Forbidden):
    code = "not_a_courier"
    detail = "Only couriers can do this"


class NotYourDelivery(Forbidden):
    code = "not_your_delivery"
    detail = "Another courier holds this delivery, or nobody does yet"


class DeliveryTaken(Conflict):
    code = "delivery_taken"
    detail = "Another courier was first"


class OwnDelivery(DomainError):
    code = "own_delivery"
    detail = "Nobody brings their own order to themselves"


class NotYourStep(Forbidden):
    code = "not_your_step"
    detail = "This step is the other party's"


class StepRefused(Conflict):
    """`extra` says where the order stands, and what may be done instead."""

    code = "not_now"
    detail = "The order does not allow this now"

    def __init__(self, order: Order, party: Party, detail: str | None = None) -> None:
        can_do = [step.value for step in order.steps_for(party)]
        super().__init__(detail, extra={"state": order.state, "version": order.version, "allowed": can_do})


class UnderReview(Conflict):
    code = "under_review"
    detail = "This order is under review; nothing moves until somebody has looked at it"
