"""One thing of each kind that the families know by number, for tests that ask who may do what with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.models.person import Role
from chat.models import Member, Message, Room, Upload
from chat.services import opening, sending
from chat.services.sending import Draft
from chat.tests.desk import Desk
from listings.models import Favourite, Listing
from orders.models import Delivery, Order
from orders.services import delivering

CALLERS = ("anonymous", "stranger", "buyer", "seller", "courier", "rival", "moderator")


@dataclass(frozen=True)
class Scene:
    """The seller's listing, chat, private group and file; the buyer's order, which the courier brings."""

    people: dict[str, User]
    numbers: dict[str, int]

    def path(self, route: str) -> str:
        """A route with its number: whose it is, its beginning tells."""
        if "<int:number>" in route:
            kind = next(number for start, number in self.numbers.items() if route.startswith(start))
            route = route.replace("<int:number>", str(kind))
        return route.replace("<str:username>", "seller").replace("<str:name>", "people-nobody.jpg")

    def filled(self, text: str) -> str:
        for start, number in self.numbers.items():
            text = text.replace(f"{{{start}}}", str(number))
        return text


@pytest.fixture
def scene(
    buyer: User,
    seller: User,
    stranger: User,
    moderator: User,
    make_listing: Callable[..., Listing],
    make_group: Callable[..., Room],
    make_person: Callable[..., User],
    local_desk: Desk,
) -> Scene:
    stranger.role = Role.ADMIN  # of SoporteIT, which is nothing here
    stranger.save()
    courier, rival = (make_person(name, is_delivery=True) for name in ("courier", "rival"))
    ordered = delivering.order_to(
        buyer, make_listing(title="Lamp").pk, delivering.Door("FIEC", "11-C"), payment=Delivery.Payment.CASH
    ).order.number
    delivering.claim(courier, ordered, now=timezone.now())
    product = make_listing()
    group = make_group(seller, buyer, is_private=True)
    upload = local_desk.confirmed(seller)
    sending.send(seller, group.pk, Draft("hola", upload_ids=(upload.pk,)))
    opened, _ = opening.about_listing(buyer, product.pk)
    sending.send(buyer, opened.pk, Draft("is it still there?"))
    return Scene(
        dict(zip(CALLERS[1:], (stranger, buyer, seller, courier, rival, moderator), strict=True)),
        {
            "/users/": seller.number,
            "/products/": product.number,
            "/chats/": opened.number,
            "/delivery/": ordered,
            "/api/users/": seller.number,
            "/api/rooms/": group.number,
            "/api/messages/": group.number,
            "/api/ws/": group.number,
            "/api/uploads/": upload.number,
        },
    )


def everything() -> tuple[object, ...]:
    return (
        sorted(User.objects.values_list("number", "username", "name", "email", "role", "picture", "is_delivery")),
        sorted(Listing.objects.values_list("pk", "title", "price_cents", "state", "quantity")),
        sorted(Order.objects.values_list("pk", "state")),
        sorted(Room.objects.values_list("pk", "name", "last_seq", "payment_confirmed_at")),
        sorted(Member.objects.values_list("pk", "state", "role")),
        sorted(Message.objects.values_list("pk", "body", "deleted_at")),
        sorted(Upload.objects.values_list("pk", "state")),
        [model.objects.count() for model in (Favourite, Delivery, Delivery.passed_on_by.through)],
    )
