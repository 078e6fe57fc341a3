"""People and pieces, and orders brought to where something is due."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import Surface, User
from accounts.services.sign_in import open_session
from accounts.tokens import pair_for
from listings.models import Category, Listing
from listings.services import listings
from orders.lifecycle import Party, Step
from orders.models import Order
from orders.models.simulator import SimulatorFault
from orders.services import accepting, ending, handing_over, operations, paying, placing
from orders.services.disputes import opening
from orders.services.moving import By, lock

# What is done to a new order until the provider must be asked for this
UNTIL_DUE = {
    "authorize": ["pay"],
    "void": ["pay", "drive", "call off"],
    "capture": ["pay", "drive", "confirm"],
    "refund": ["pay", "capture", "call off"],
    "transfer": ["pay", "capture", "confirm"],
}
# What is done to a new order until it waits for a person in this state
UNTIL_WAITING = {
    "created": [],
    "funded": ["pay", "drive"],
    "accepted": ["pay", "drive", "accept"],
    "handed_over": ["pay", "drive", "accept", "hand over"],
    "disputed": ["pay", "drive", "accept", "hand over", "dispute"],
}
PRICE = 10_001
SURFACE = Surface.POLIMARKET  # its tokens live longest


class Shop:
    def __init__(self) -> None:
        self.seller, self.buyer = person("seller"), person("buyer")
        self.listing = self.offer(100_000)

    def offer(self, quantity: int) -> Listing:
        facts = {"title": "Drill", "price_cents": PRICE, "category": Category.objects.earliest("created_at")}
        return listings.offer(self.seller, facts=facts, quantity=quantity)

    def order(self, kind: str = "transfer") -> str:
        """Nothing is asked of the provider here but what comes before."""
        return self._order(UNTIL_DUE[kind])

    def orders(self, count: int, kind: str = "transfer") -> list[str]:
        return [self.order(kind) for _ in range(count)]

    def waiting_orders(self) -> list[str]:
        """One in each state in which only a person, or the clock, moves it on."""
        return [self._order(acts) for acts in UNTIL_WAITING.values()]

    def _order(self, acts: list[str]) -> str:
        order = placing.place(self.buyer, placing.Wish(self.listing.pk))[0]
        for act in acts:
            self._do(act, order.pk)
        return str(order.pk)

    def _do(self, act: str, order_id: UUID) -> None:
        match act:
            case "pay":
                paying.pay(self.buyer, order_id)
            case "drive":
                operations.drive(order_id)
            case "capture":
                paying.capture(self.buyer, order_id)
            case "confirm":
                ending._confirm(self.buyer, order_id)
            case "call off":
                self._call_off(order_id)
            case "accept":
                accepting.accept(self.seller, order_id)
            case "hand over":
                handing_over.ship(self.seller, order_id)
            case "dispute":
                opening.open_dispute(self.buyer, order_id, raised_by=Party.BUYER)

    @transaction.atomic
    def _call_off(self, order_id: UUID) -> None:
        ending.call_off(lock(order_id), Step.BUYER_CANCEL, by=By(Party.BUYER, self.buyer))

    def confirm_paid(self) -> None:
        """Whoever has paid is content; only the wish, the rest is a worker's."""
        for order in Order.objects.filter(buyer=self.buyer, state="funded"):
            ending._confirm(self.buyer, order.pk)


def person(part: str) -> User:
    made: User = User.objects.create(username=f"{part}-{uuid4().hex[:12]}")
    return made


def token(user: User) -> str:
    session = open_session(user, surface=SURFACE, address="", user_agent="drill", now=timezone.now())
    return pair_for(session).access


def misbehave(fault: str, order_id: str, kind: str = "") -> None:
    """The provider will, once, for the next request of this order, or the next of a kind."""
    SimulatorFault.objects.create(fault=fault, order_id=order_id, kind=kind)
