"""What other programs can be told, by names that outlive ours, and the rows that say who is still to be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from marketplace.common.outbox import Event
from marketplace.common.wake import WakeUp
from orders.lifecycle import TERMINAL, TRANSITIONS, Release, State, Step
from orders.models import Order, WebhookDelivery, WebhookEndpoint

wake_up = WakeUp("webhooks")
TRIED_FOR = timedelta(days=3)

_BY_STEP = {
    Step.CREATE: "order.created",
    Step.AUTH_OK: "order.paid",
    Step.AUTH_FAILED: "order.payment_failed",
    Step.ACCEPT: "order.accepted",
    Step.HAND_OVER: "order.handed_over",
    Step.DISPUTE: "order.disputed",
}
SETTLING = "order.settling"
ENDS = tuple(f"order.{state}" for state in State if state in TERMINAL)
EVENTS = (*_BY_STEP.values(), SETTLING, *ENDS)
HEARD = tuple(f"order.{step}" for step in Step)


def name_of(step: Step, to_state: str) -> str | None:
    """None for what concerns nobody outside."""
    if to_state in TERMINAL:
        return f"order.{to_state}"
    known = TRANSITIONS.get(step)
    if known is not None and isinstance(known.releases, Release):
        return SETTLING
    return _BY_STEP.get(step)


def enqueue(event: Event) -> None:
    """A row for every endpoint that wants it. `event.id` stays the same, so whoever hears it twice can tell."""
    name = name_of(Step(event.kind.partition(".")[2]), event.payload["to_state"])
    endpoints = WebhookEndpoint.objects.filter(is_active=True, events__contains=name) if name else []
    wanted = list(endpoints)
    if name is None or not wanted:
        return
    order = Order.objects.get(pk=event.payload["order_id"])
    payload = _told(event, name, order)
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(
                endpoint=endpoint,
                event_id=event.id,
                event=name,
                order_id=order.pk,
                payload=payload,
                give_up_at=Now() + TRIED_FOR,
            )
            for endpoint in wanted
        ],
        ignore_conflicts=True,
    )
    wake_up.after_commit()


def _told(event: Event, name: str, order: Order) -> dict[str, Any]:
    """As it was when it happened, however late it arrives; what was agreed never changes."""
    as_it_was = {fact: event.payload[fact] for fact in ("status", "version", "listing_id", "buyer_id", "seller_id")}
    return {
        "id": str(event.id),
        "event": name,
        "at": event.at.isoformat(),
        "order": {
            "id": str(order.pk),
            "number": order.number,
            "state": event.payload["to_state"],
            **as_it_was,
            "quantity": order.quantity,
            "total_cents": order.total_cents,
            "currency": order.currency,
        },
    }
