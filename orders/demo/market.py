"""So many orders between the people of the demo campus; those that are there already stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now

from accounts.models import User
from accounts.services.demo import PEOPLE
from listings.demo.campus import Progress, silently
from listings.demo.chance import dice, key
from listings.demo.copying import Copier
from listings.demo.offers import Offer, offer
from listings.models import Listing
from marketplace.common import outbox
from marketplace.common.models import OutboxDelivery, OutboxEvent
from orders.demo import copying
from orders.demo.roads import AT_THE_DOOR, ROADS, Deal
from orders.lifecycle import TERMINAL
from orders.models import Delivery, Order
from orders.services import delivering, placing

FIRST_OFFER = 500_000  # things of its own, so that no order takes the last piece of another's
AT_ONCE = 50
MADE_BY_SERVICES = 100  # the rest are copies of those of them that are over
COPIED_AT_ONCE = 500
HALL = delivering.Door(faculty="FIEC", building="15A")
COMPLAINTS = ("Le falta el cargador", "La pantalla está rayada", "No es el modelo anunciado", "Huele a humo")


@dataclass(frozen=True)
class Plan:
    seed: int = 1
    users: int = 40
    orders: int = 60


def build(plan: Plan, *, now: datetime, progress: Progress = silently) -> int:
    """How many were added."""
    people = _people(plan)
    if len(people) < 2:
        return 0
    operator = User.objects.active().filter(is_superuser=True).first()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    added = 0
    made = min(plan.orders, MADE_BY_SERVICES)
    for part in _parts(range(made), AT_ONCE):
        added += _part(plan, part, people, operator, midnight)
        progress("orders", len(part))
    for part in _parts(range(made, plan.orders), COPIED_AT_ONCE):
        added += _copies(plan, part)
        progress("orders", len(part))
    if added > MADE_BY_SERVICES:
        copying.analyze()
    return added


def _parts(numbers: range, size: int) -> Iterator[range]:
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def _people(plan: Plan) -> Sequence[User]:
    """Those of the campus, and the ones that somebody at this machine can sign in as."""
    campus = User.objects.active().filter(pk__in=[key(plan.seed, "person", n) for n in range(plan.users)])
    guests = User.objects.active().filter(username__in=[one.username for one in PEOPLE], is_staff=False)
    return [*campus.order_by("pk"), *guests.order_by("pk")] if campus else []  # else it is somebody's own site


def _part(plan: Plan, part: range, people: Sequence[User], operator: User | None, midnight: datetime) -> int:
    new = _new(plan, part)
    newest = OutboxEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
    things = {n: _thing(plan, n, midnight) for n in new}
    Copier([person.pk for person in people]).add(list(things.values()))
    for n in new:
        _go(plan, n, things[n], people, operator)
    _tell_nobody(newest)
    return len(new)


def _new(plan: Plan, part: range) -> list[int]:
    known = set(Order.objects.filter(client_id__in=[_name(plan, n) for n in part]).values_list("client_id", flat=True))
    return [n for n in part if _name(plan, n) not in known]


def _copies(plan: Plan, part: range) -> int:
    made = [_name(plan, n) for n in range(MADE_BY_SERVICES)]
    over = Order.objects.filter(client_id__in=made, state__in=TERMINAL).order_by("client_id")
    originals = list(over.values_list("pk", "listing_id"))
    rows = [(*originals[n % len(originals)], *_ids(plan, n)) for n in _new(plan, part)]
    if rows:
        copying.copy(rows)
    return len(rows)


def _ids(plan: Plan, n: int) -> tuple[UUID, UUID, UUID]:
    return key(plan.seed, "order-row", n), key(plan.seed, "listing", FIRST_OFFER + n), _name(plan, n)


def _name(plan: Plan, n: int) -> UUID:
    """By which an order that is there already is recognised."""
    return key(plan.seed, "order", n)


def _thing(plan: Plan, n: int, midnight: datetime) -> Offer:
    return replace(offer(plan.seed, FIRST_OFFER + n, midnight=midnight), state=Listing.State.LIVE)


def _go(plan: Plan, n: int, thing: Offer, people: Sequence[User], operator: User | None) -> None:
    chance = dice(plan.seed, "order", n)
    seller_id = Listing.objects.values_list("seller_id", flat=True).get(pk=thing.id)
    seller = next(person for person in people if person.pk == seller_id)
    buyer = chance.choice([person for person in people if person.pk != seller_id])
    ways = list(ROADS)
    road = ways[n] if n < len(ways) else chance.choices(ways, weights=list(ROADS.values()))[0]
    pieces, name = chance.randint(1, thing.quantity), _name(plan, n)
    if road in AT_THE_DOOR:
        order = delivering.order_to(buyer, thing.id, HALL, payment=Delivery.Payment.CASH, client_id=name).order
    else:
        order, _ = placing.place(buyer, placing.Wish(thing.id, pieces, client_id=name))
    road(Deal(order, buyer, seller, operator, chance.choice(COMPLAINTS)))


def _tell_nobody(since: object) -> None:
    """Nobody of the demo gets letters about it. Other apps hear of the orders as of any other."""
    while outbox.hand_out():
        pass
    waiting = OutboxDelivery.objects.filter(listener__startswith="orders.listeners.", state="waiting")
    if since is not None:
        waiting = waiting.filter(event_id__gt=since)
    waiting.update(state=OutboxDelivery.State.DONE, done_at=Now())
