"""The campus contract, §10 (sync) and §12 (catalog/delta), with the forms in which phones ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import parse_http_date
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from listings.services import listings
from marketplace.sync.tests.conftest import Phone
from marketplace.sync.tests.copies import CATALOG, PRIVATE
from orders.models import Order
from orders.services import ending, operations, paying

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], APIClient]
AROUND = {"deleted", "cursor", "has_more", "server_time", "reset"}


def test_without_since_it_is_an_object_with_all_of_the_catalog(anonymous: APIClient, listing: Listing) -> None:
    for query in ("", "?since=", "?cursor="):
        reply = anonymous.get(f"/v1/sync/delta{query}")

        assert reply.status_code == 200
        body = reply.json()
        assert set(body) == {*CATALOG, *AROUND}
        assert (len(body["categories"]), len(body["brands"]), len(body["listings"])) == (5, 4, 1)
        assert body["deleted"] == {name: [] for name in CATALOG}
        assert (body["has_more"], body["reset"]) == (False, False)
        assert parse_datetime(body["server_time"])


def test_T40_a_time_before_all_times_is_one_before_everything(signed_in: SignIn, buyer: User, listing: Listing) -> None:
    reply = signed_in(buyer).get("/v1/sync/delta", {"since": "0001-01-02T00:00:00Z"})

    assert reply.status_code == 200
    assert [each["id"] for each in reply.json()["listings"]] == [str(listing.pk)]


def test_who_is_signed_in_also_gets_what_is_theirs(signed_in: SignIn, buyer: User, order: Order) -> None:
    body = signed_in(buyer).get("/v1/sync/delta").json()

    assert set(body) == {*CATALOG, *PRIVATE, *AROUND}
    assert [each["id"] for each in body["orders"]] == [str(order.pk)]


def test_a_token_that_is_no_good_is_refused_and_not_taken_for_nobody(anonymous: APIClient) -> None:
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer nonsense")

    assert anonymous.get("/v1/sync/delta").status_code == 401
    assert anonymous.get("/v1/catalog/delta").status_code == 401


def test_orders_are_told_when_they_are_paid_and_when_they_are_completed(
    phone: Phone, buyer: User, seller: User, order: Order
) -> None:
    phones = [phone(buyer), phone(seller)]

    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    paying.capture(buyer, order.pk)
    assert [each.pull().shown("orders")[str(order.pk)]["status"] for each in phones] == ["paid", "paid"]

    ending.complete(buyer, order.pk)
    assert [each.pull().shown("orders")[str(order.pk)]["status"] for each in phones] == ["completed", "completed"]


def test_the_time_of_an_answer_is_the_next_since(
    phone: Phone, buyer: User, make_listing: Callable[..., Listing]
) -> None:
    copy = phone(buyer)
    made = make_listing()

    copy.pull(since=copy.answers[-1]["server_time"])

    assert copy.is_told("listings", made.pk)


@pytest.mark.parametrize("query", [{}, {"since": "2001-01-01T00:00:00Z"}])
def test_who_never_asks_for_the_next_page_is_told_of_their_orders_at_once(
    signed_in: SignIn, buyer: User, order: Order, make_listing: Callable[..., Listing], query: dict[str, str]
) -> None:
    """The seed's apps keep what comes and ask again by time."""
    for _ in range(205):
        make_listing()
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    client = signed_in(buyer)

    body = client.get("/v1/sync/delta", query).json()

    assert body["has_more"] is True
    assert [(each["id"], each["status"]) for each in body["orders"]] == [(str(order.pk), "paid")]
    paged = client.get("/v1/sync/delta", query | {"limit": "200"}).json()
    assert paged["orders"] == []
    rest = client.get("/v1/sync/delta", {"cursor": body["cursor"]}).json()
    assert rest["cursor"] != body["cursor"]
    assert [each["id"] for each in rest["orders"]] == [str(order.pk)], "in its turn it comes again"


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f+00:00", "%Y-%m-%d"])
def test_since_is_any_time_in_iso_8601(anonymous: APIClient, listing: Listing, form: str) -> None:
    """Also with a `+` that nobody encoded; without a zone it is UTC."""
    since = (timezone.now() - timedelta(days=1)).strftime(form)

    reply = anonymous.get(f"/v1/sync/delta?since={since}")

    assert reply.status_code == 200
    assert len(reply.json()["listings"]) == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("since=yesterday", "invalid_since"),
        ("since=0001-01-01T00:00:00%2B14:00", "invalid_since"),
        ("since=9999-12-31T23:59:59-14:00", "invalid_since"),
        ("since=2999-01-01", "since_in_future"),
        ("cursor=nonsense", "invalid_cursor"),
        (f"cursor={'x' * 4_000}", "invalid_cursor"),
        ("cursor=nonsense&since=2026-01-01", "cursor_or_since"),
    ],
)
def test_T40_a_time_or_place_that_means_nothing_is_refused(anonymous: APIClient, query: str, code: str) -> None:
    for path in ("sync", "catalog"):
        reply = anonymous.get(f"/v1/{path}/delta?{query}")

        assert (reply.status_code, reply.json()["code"]) == (400, code)


def test_what_is_too_long_for_a_time_is_not_looked_at(anonymous: APIClient) -> None:
    """It once took a minute of the processor, as long as an address may be."""
    started = time.thread_time()
    reply = anonymous.get("/v1/catalog/delta", {"since": "T" * 16_000})
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid_since")
    assert time.thread_time() - started < 0.5


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=many", "since=%00"])
def test_T40_a_query_that_does_not_fit_is_422(anonymous: APIClient, query: str) -> None:
    assert anonymous.get(f"/v1/sync/delta?{query}").status_code == 422


def test_a_clock_that_is_a_little_fast_is_forgiven(anonymous: APIClient) -> None:
    since = (timezone.now() + timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert anonymous.get(f"/v1/sync/delta?since={since}").status_code == 200


@pytest.mark.parametrize("path", ["/v1/sync/delta", "/v1/catalog/delta"])
def test_whoever_holds_the_answer_already_gets_304(
    anonymous: APIClient, make_listing: Callable[..., Listing], path: str
) -> None:
    first = anonymous.get(path)
    again = anonymous.get(path, HTTP_IF_NONE_MATCH=first["ETag"])
    make_listing()
    changed = anonymous.get(path, HTTP_IF_NONE_MATCH=f'"other", {first["ETag"]}')

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert abs(parse_http_date(first["Last-Modified"]) - timezone.now().timestamp()) < 60
    assert changed.status_code == 200


def test_nothing_new_is_always_the_same_nothing(phone: Phone, buyer: User, listing: Listing) -> None:
    copy = phone(buyer)
    reply = copy.client.get("/v1/sync/delta", {"cursor": copy.cursor})
    later = copy.client.get("/v1/sync/delta", {"cursor": reply.json()["cursor"]}, HTTP_IF_NONE_MATCH=reply["ETag"])

    assert later.status_code == 304


def test_a_304_writes_nothing_down(
    anonymous: APIClient, listing: Listing, django_assert_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    first = anonymous.get("/v1/catalog/delta")

    with django_assert_num_queries(6):  # the time, a savepoint and its end, where we stand, the stamps, the date
        anonymous.get("/v1/catalog/delta", HTTP_IF_NONE_MATCH=first["ETag"])


def test_the_catalog_is_the_same_for_everybody(
    phone: Phone, signed_in: SignIn, seller: User, listing: Listing, make_listing: Callable[..., Listing]
) -> None:
    draft = make_listing()
    listings.change(draft.pk, owner=seller, changes={}, state="paused", now=timezone.now())

    own, strangers = signed_in(seller).get("/v1/catalog/delta"), phone(None, path="/v1/catalog/delta")

    assert own.json()["listings"] == strangers.answers[0]["listings"]
    assert [each["id"] for each in own.json()["listings"]] == [str(listing.pk)]


def test_catalog_delta_takes_since_and_limit_and_pages(
    anonymous: APIClient, make_listing: Callable[..., Listing]
) -> None:
    """§12, as one app asks it."""
    for _ in range(3):
        make_listing()

    query: dict[str, Any] = {"since": "2026-01-01T00:00:00Z", "limit": 4}
    body = anonymous.get("/v1/catalog/delta", query).json()

    assert body["has_more"]
    assert sum(len(body[name]) for name in CATALOG) == 4
