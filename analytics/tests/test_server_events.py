"""What the product itself does becomes events: once, and without anybody waiting for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.db import OperationalError, transaction
from rest_framework.test import APIClient

from accounts.models import User
from analytics import listeners
from analytics.models import Event, SeenEvent
from analytics.services.intake import background, writing
from analytics.services.intake.background import notebook
from listings.models import Category, Listing
from listings.services import catalogs, listings
from marketplace.common import metrics, outbox
from marketplace.common.models import OutboxEvent
from orders.models import Escrow, Order
from orders.services import placing

Bearer = Callable[[User], dict[str, str]]


@pytest.fixture
def listing(seller: User) -> Listing:
    catalogs.seed_base()
    facts = {"title": "Calculadora", "price_cents": 5_000, "category": Category.objects.get(slug="laptops")}
    return listings.offer(seller, facts=facts, quantity=3)


def told(event_type: str) -> list[Event]:
    return list(Event.objects.filter(event_type=event_type).order_by("occurred_at"))


def test_a_listing_that_is_offered_is_an_event_under_the_outbox_id(listing: Listing) -> None:
    outbox.deliver_due()

    event = Event.objects.get(event_type="listing.created")
    assert event.pk == OutboxEvent.objects.get(kind="listing.created").pk
    assert (event.session_id, event.user_id, event.listing_id) == ("srv", listing.seller_id, listing.pk)
    assert event.properties == {"category_id": str(listing.category_id), "brand_id": None}
    assert not event.is_clamped


def test_what_is_delivered_again_is_written_once(listing: Listing) -> None:
    row = OutboxEvent.objects.get(kind="listing.created")

    for _ in range(3):
        listeners.tell_of_a_listing(outbox.Event(row.pk, row.kind, row.payload, row.created_at))

    assert Event.objects.count() == SeenEvent.objects.count() == 1


def test_each_status_of_an_order_and_each_step_of_its_escrow_is_an_event(
    listing: Listing, buyer: User, signed_in: Callable[[User], APIClient]
) -> None:
    order, _ = placing.place(buyer, placing.Wish(listing.pk, 1))
    client = signed_in(buyer)
    assert client.post(f"/v1/orders/{order.pk}/pay").status_code == 202
    escrow = Escrow.objects.get(order=order)
    for result in ("ok", "cancelled"):
        body = {"escrow_id": str(escrow.pk), "order_id": str(order.pk), "step": "payment_made", "result": result}
        assert client.post("/v1/escrow/step", body).status_code == 202

    outbox.deliver_due(limit=1_000)

    assert [(event.step, event.properties["result"]) for event in told("escrow.step")] == [
        ("payment_made", "ok"),
        ("payment_made", "cancelled"),
    ]
    statuses = [event.properties for event in told("order.status")]
    assert (statuses[0]["from"], statuses[0]["to"], statuses[0]["party"]) == (None, "created", "buyer")
    assert all(said["from"] != said["to"] for said in statuses)
    assert statuses[-1]["to"] == Order.objects.get(pk=order.pk).status
    assert {event.order_id for event in told("order.status")} == {order.pk}


def test_a_search_is_noted_and_written_after_it(
    site: httpx.Client, bearer: Bearer, buyer: User, listing: Listing
) -> None:
    query: dict[str, str | int] = {"q": "calculadora", "max_price": 10_000}

    assert site.get("/v1/listings", params=query, headers=bearer(buyer)).json()["total"] == 1
    assert not told("search.performed")
    notebook.write_down()

    (event,) = told("search.performed")
    assert (event.user_id, event.session_id) == (buyer.pk, "srv")
    assert event.properties == {"q": "calculadora", "filters": ["max_price"], "results": 1}


@pytest.mark.parametrize("query", ["", "mine=true", "q=calculadora&page=2"])
@pytest.mark.django_db
def test_what_is_no_search_or_the_same_one_goes_on_is_not_noted(
    signed_in: Callable[[User], APIClient], buyer: User, query: str
) -> None:
    assert signed_in(buyer).get(f"/v1/listings?{query}").status_code == 200
    assert not notebook._waiting


@pytest.mark.django_db
def test_a_search_asks_the_database_nothing_for_its_event(
    signed_in: Callable[[User], APIClient], buyer: User, django_assert_num_queries: Any
) -> None:
    client = signed_in(buyer)
    client.get("/v1/listings?max_price=5")

    with django_assert_num_queries(1):
        client.get("/v1/listings?max_price=5")


def test_a_full_notebook_lets_go_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "MOST_WAITING", 3)
    before = metrics.telemetry_events.labels("dropped")._value.get()
    book = background.Notebook()
    book.writes_itself = False

    for n in range(5):
        book.note("search.performed", properties={"n": n})

    assert len(book._waiting) == 3
    assert metrics.telemetry_events.labels("dropped")._value.get() == before + 2


@pytest.mark.django_db
def test_what_the_database_would_not_take_is_written_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    book = background.Notebook()
    book.writes_itself = False
    for n in range(background.AT_ONCE + 1):
        book.note("search.performed", user_id=uuid4(), properties={"n": n})

    with monkeypatch.context() as trouble:
        trouble.setattr(writing, "write_theirs", _unavailable)
        book.write_down()
    assert not Event.objects.exists()

    with transaction.atomic():
        book.write_down()
    assert Event.objects.count() == background.AT_ONCE + 1


@pytest.mark.django_db(transaction=True)
def test_a_thread_writes_down_what_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "PAUSE_SECONDS", 0.0)
    is_done = threading.Event()

    class Told(background.Notebook):
        def write_down_and_leave(self) -> None:
            super().write_down_and_leave()
            is_done.set()

    Told().note("search.performed", properties={"results": 0})

    assert is_done.wait(10)
    assert Event.objects.get().properties == {"results": 0}


def _unavailable(_: object) -> None:
    raise OperationalError
