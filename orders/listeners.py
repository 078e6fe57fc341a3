"""What follows when something has happened to an order: people are told, and so are other programs.

Nobody is told what they did themselves. Of an order only the newest notice waits to be read: the next one takes its
place. People who have blocked each other are told all the same, for there is money between them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from accounts.notices import Kind, notify
from listings.notices import shown_price
from marketplace.common.outbox import Event, listens_to
from orders import notices
from orders.lifecycle import Party, State, Step
from orders.models import Operation, Order, OrderEvent
from orders.services import answers, reminding
from orders.services.moving import lock
from orders.services.webhooks import events as webhooks

Whom = Callable[[Order, OrderEvent], set[UUID]]


# ── Whom ─────────────────────────────────────────────────────────────────────────────────────────


def buyer(order: Order, event: OrderEvent) -> set[UUID]:
    return {order.buyer_id}


def seller(order: Order, event: OrderEvent) -> set[UUID]:
    return {order.seller_id}


def both(order: Order, event: OrderEvent) -> set[UUID]:
    return {order.buyer_id, order.seller_id}


def others(order: Order, event: OrderEvent) -> set[UUID]:
    """The other side; both, when it was neither."""
    return both(order, event) - {event.actor_id}


def seller_who_must_accept(order: Order, event: OrderEvent) -> set[UUID]:
    """Who has accepted meanwhile, or always does, need not be asked to."""
    return seller(order, event) if order.state == State.FUNDED else set()


def seller_who_always_does(order: Order, event: OrderEvent) -> set[UUID]:
    return seller(order, event) if event.party == Party.SYSTEM else set()


def seller_who_is_paid(order: Order, event: OrderEvent) -> set[UUID]:
    return seller(order, event) if _share(order) and not order.withheld_cents else set()


def seller_who_owed(order: Order, event: OrderEvent) -> set[UUID]:
    return seller(order, event) if _share(order) and order.withheld_cents else set()


def seller_who_gets_nothing(order: Order, event: OrderEvent) -> set[UUID]:
    """Of more than a gift."""
    return seller(order, event) if order.release_cents and not _share(order) else set()


def both_who_waited_for_a_courier(order: Order, event: OrderEvent) -> set[UUID]:
    return both(order, event) if event.from_state == State.ARRANGED else set()


def both_who_waited_for_the_money(order: Order, event: OrderEvent) -> set[UUID]:
    return both(order, event) - both_who_waited_for_a_courier(order, event)


def buyer_who_paid(order: Order, event: OrderEvent) -> set[UUID]:
    return buyer(order, event) if order.total_cents else set()


def others_than_who_ended_it(order: Order, event: OrderEvent) -> set[UUID]:
    """The step that decided the end was somebody's; the last one, when the money has arrived, is nobody's."""
    decided = order.events.filter(to_state=State.SETTLING).order_by("-version").first()
    return others(order, decided or event)


def seller_unless_they_ended_it(order: Order, event: OrderEvent) -> set[UUID]:
    return others_than_who_ended_it(order, event) - {order.buyer_id}


# ── What, to whom ────────────────────────────────────────────────────────────────────────────────

TOLD: dict[Step, tuple[tuple[Kind, Whom], ...]] = {
    Step.CREATE: ((notices.ORDERED, seller),),
    Step.AUTH_OK: ((notices.PAID, seller_who_must_accept),),
    Step.AUTH_FAILED: ((notices.PAYMENT_FAILED, buyer),),
    Step.CANCEL_UNPAID: ((notices.CALLED_OFF, others),),
    Step.EXPIRE_UNPAID: (
        (notices.EXPIRED, both_who_waited_for_the_money),
        (notices.NOT_BROUGHT, both_who_waited_for_a_courier),
    ),
    Step.GIVE_UP: ((notices.CALLED_OFF, others),),
    Step.ACCEPT: ((notices.ACCEPTED, buyer), (notices.SOLD, seller_who_always_does)),
    Step.DECLINE: ((notices.DECLINED, buyer),),
    Step.HAND_OVER: ((notices.HANDED_OVER, buyer),),
    Step.DISPUTE: ((notices.DISPUTED, others),),
    Step.D_RESOLVE: ((notices.DECIDED, both),),
    Step.D_TIMEOUT: ((notices.DECIDED, both),),
}
TOLD_AT_THE_END: dict[str, tuple[tuple[Kind, Whom], ...]] = {
    State.COMPLETED: (
        (notices.PAID_OUT, seller_who_is_paid),
        (notices.PAID_OUT_LESS, seller_who_owed),
        (notices.NOTHING_LEFT, seller_who_gets_nothing),
    ),
    State.REFUNDED: ((notices.REFUNDED, buyer_who_paid), (notices.CALLED_OFF, seller_unless_they_ended_it)),
    State.CANCELLED: ((notices.CALLED_OFF, others_than_who_ended_it),),
    State.EXPIRED: ((notices.EXPIRED, both),),
}


@listens_to(*(f"order.{step}" for step in (*TOLD, Step.SETTLED)))
def tell_people(event: Event) -> None:
    order = Order.objects.filter(pk=event.payload["order_id"]).first()
    step = Step(event.kind.partition(".")[2])
    if order is None:
        return
    happened = order.events.get(version=event.payload["version"])
    tellings = TOLD_AT_THE_END.get(happened.to_state, ()) if step == Step.SETTLED else TOLD[step]
    for kind, whom in tellings:
        _tell(event, kind, order, whom(order, happened))


@listens_to(*(f"order.{step}" for step in (Step.CANCEL_UNPAID, Step.EXPIRE_UNPAID, Step.SETTLED)))
def let_go_of_what_came_late(event: Event) -> None:
    """A payment that had failed may hold money while its order ends for another reason."""
    late = Operation.objects.filter(order=event.payload["order_id"], kind=Operation.Kind.AUTHORIZE)
    if late.filter(failure__startswith=Operation.CAME_LATE).exists():
        answers.let_go_of_what_came_late(lock(UUID(event.payload["order_id"])))


@listens_to(reminding.REMINDED)
def remind_the_buyer(event: Event) -> None:
    order = Order.objects.filter(pk=event.payload["order_id"], state=State.HANDED_OVER).first()
    if order is not None:
        _tell(event, notices.REMINDER, order, {order.buyer_id})


@listens_to(*webhooks.HEARD)
def tell_other_programs(event: Event) -> None:
    webhooks.enqueue(event)


def _tell(event: Event, kind: Kind, order: Order, people: set[UUID]) -> None:
    """One after the other, in the order in which all who tell somebody something lock them."""
    for person in sorted(people):
        notify(
            user_ids=[person],
            kind=kind.name,
            data=_facts(order) | (_sellers_facts(order) if person == order.seller_id else {}),
            event_id=event.id,
            collapse_key=f"order:{order.pk}",
        )


def _share(order: Order) -> int:
    """What is sent to the seller."""
    released = order.release_cents or 0
    return released - order.fee.of(released) - order.withheld_cents


def _facts(order: Order) -> dict[str, Any]:
    released = order.release_cents or 0
    sums = {"total": order.total_cents, "released": released, "returned": order.total_cents - released}
    return {
        "order_id": str(order.pk),
        "listing_id": str(order.listing_id),
        "title": order.listing_as_bought.get("title", ""),
        "pieces": order.quantity,
        **_shown(order, sums),
    }


def _sellers_facts(order: Order) -> dict[str, str]:
    """What they owe is nobody else's to know, nor what can be reckoned from it."""
    fee = order.fee.of(order.release_cents or 0)
    return _shown(order, {"share": _share(order), "fee": fee, "withheld": order.withheld_cents})


def _shown(order: Order, sums: dict[str, int]) -> dict[str, str]:
    return {name: shown_price(cents, order.currency) for name, cents in sums.items()}
