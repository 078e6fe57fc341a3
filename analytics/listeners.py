"""What the product itself does is told as events too, beside what apps say of it. Their session is "srv".

An event of the outbox becomes one here under the same id, in the transaction that marks it as delivered.
"""

from __future__ import annotations

from typing import Any

from analytics.services.intake import writing
from analytics.services.intake.background import SERVER_SESSION, notebook
from listings.search.heard import Search
from marketplace.common.outbox import Event, listens_to
from orders.lifecycle import Step
from orders.models import OrderEvent

LONGEST_WORDS = 80


def note_search(search: Search) -> None:
    criteria = search.criteria
    found: dict[str, Any] = {"filters": sorted(criteria.given - {"q"}), "results": search.total}
    if criteria.q:
        found["q"] = criteria.q[:LONGEST_WORDS]
    if criteria.category_id is not None:
        found["category_id"] = criteria.category_id
    notebook.note("search.performed", user_id=search.by, properties=found)


@listens_to("listing.created")
def tell_of_a_listing(event: Event) -> None:
    about = event.payload
    properties = {"category_id": about["category_id"], "brand_id": about.get("brand_id")}
    _write(event, event.kind, user_id=about["seller_id"], listing_id=about["listing_id"], properties=properties)


@listens_to("escrow.step")
def tell_of_a_step(event: Event) -> None:
    about = event.payload
    _write(
        event,
        event.kind,
        user_id=about["user_id"],
        order_id=about["order_id"],
        step=about["step"],
        properties={"result": about["result"]},
    )


@listens_to(*(f"order.{step}" for step in Step))
def tell_of_a_status(event: Event) -> None:
    """Of an order's many states only what its contract calls a status, and only when that has changed."""
    about = event.payload
    happened = OrderEvent.objects.filter(order=about["order_id"], version=about["version"]).first()
    if happened is None or happened.from_status == happened.to_status:
        return
    _write(
        event,
        "order.status",
        user_id=happened.actor_id,
        order_id=about["order_id"],
        listing_id=about["listing_id"],
        step=happened.step,
        properties={"from": happened.from_status or None, "to": happened.to_status, "party": happened.party},
    )


def _write(event: Event, event_type: str, **facts: Any) -> None:
    told = {"id": event.id, "event_type": event_type, "session_id": SERVER_SESSION, "occurred_at": event.at, **facts}
    writing.write_theirs([told])
