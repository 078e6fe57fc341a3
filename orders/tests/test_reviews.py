"""The campus contract, §7 and §11, reviews: by whom, once, blind until both have written; and what they add up to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from rest_framework.test import APIClient

from accounts.models import User
from orders.lifecycle import Party
from orders.models import Order, Review
from orders.services import reviewing
from orders.tests.parties import at_once, complete, ship

pytestmark = pytest.mark.django_db
SignIn = Callable[..., APIClient]


@pytest.fixture
def done(order: Order) -> Order:
    return complete(order)


def written(client: APIClient, order: Order, **body: Any) -> Any:
    return client.post(f"/v1/reviews/orders/{order.pk}", {"rating": 5, **body})


def let_pass(days: int) -> None:
    """All reviews so far were written so many days earlier."""
    Review.objects.update(created_at=F("created_at") - timedelta(days=days))


def test_campus_7_a_party_reviews_the_other(signed_in: SignIn, buyer: User, seller: User, done: Order) -> None:
    reply = written(signed_in(buyer), done, rating=4, comment="Quick")

    assert reply.status_code == 201
    expected = {"order_id": str(done.pk), "rater_id": str(buyer.pk), "ratee_id": str(seller.pk), "comment": "Quick"}
    assert {**expected, "rating": 4}.items() <= reply.json().items()
    assert reply.json()["created_at"].endswith("Z")


def test_campus_7_the_e2e_fallback_names_the_order_and_the_ratee(
    signed_in: SignIn, buyer: User, seller: User, done: Order
) -> None:
    body = {"order_id": str(done.pk), "ratee_id": str(buyer.pk), "rating": 5}

    reply = signed_in(seller).post("/v1/reviews", body)

    assert (reply.status_code, reply.json()["comment"], reply.json()["ratee_was"]) == (201, None, "buyer")


@pytest.mark.parametrize("rating", [0, 6, "x", None])
def test_campus_7_a_rating_is_one_to_five(rating: Any, signed_in: SignIn, buyer: User, done: Order) -> None:
    assert written(signed_in(buyer), done, rating=rating).status_code == 422
    assert written(signed_in(buyer), done, comment="x" * 2_001).status_code == 422
    assert not Review.objects.exists()


def test_T23_never_on_oneself_and_only_on_the_other_party(
    signed_in: SignIn, buyer: User, stranger: User, done: Order
) -> None:
    for ratee in (buyer, stranger):
        body = {"order_id": str(done.pk), "ratee_id": str(ratee.pk), "rating": 5}
        assert signed_in(buyer).post("/v1/reviews", body).status_code == 422
    assert not Review.objects.exists()


def test_T23_strangers_and_operators_took_no_part(
    signed_in: SignIn, stranger: User, moderator: User, seller: User, done: Order
) -> None:
    for who in (stranger, moderator):
        body = {"order_id": str(done.pk), "ratee_id": str(seller.pk), "rating": 1}
        assert written(signed_in(who), done).status_code == 404
        assert signed_in(who).post("/v1/reviews", body).status_code == 404
    assert not Review.objects.exists()


def test_T23_not_before_it_is_completed(signed_in: SignIn, buyer: User, order: Order) -> None:
    ship(order)

    reply = written(signed_in(buyer), order)

    assert (reply.status_code, reply.json()["code"]) == (409, "not_completed")
    assert not Review.objects.exists()


def test_T23_once_for_each_author(signed_in: SignIn, buyer: User, seller: User, done: Order) -> None:
    written(signed_in(buyer), done, rating=1)

    again = written(signed_in(buyer), done, rating=5)

    assert (again.status_code, again.json()["code"]) == (409, "already_reviewed")
    assert written(signed_in(seller), done).status_code == 201
    assert sorted(Review.objects.values_list("rating", flat=True)) == [1, 5]


@pytest.fixture
def all_look_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes before all twenty have seen that there is nothing yet."""
    barrier, look = threading.Barrier(20, timeout=20), reviewing._require_blind

    def looked(user: User, order: Order) -> None:
        look(user, order)
        barrier.wait()

    monkeypatch.setattr(reviewing, "_require_blind", looked)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("all_look_first")
def test_T23_twenty_at_once_make_one(signed_in: SignIn, buyer: User, done: Order) -> None:
    clients = [signed_in(buyer) for _ in range(20)]

    replies = at_once([lambda c=client: written(c, done) for client in clients])  # type: ignore[misc]

    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 19
    assert Review.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("all_look_first")
def test_T23_without_the_constraint_the_same_race_makes_many(signed_in: SignIn, buyer: User, done: Order) -> None:
    """The negative control: it is the constraint that holds."""
    clients = [signed_in(buyer) for _ in range(20)]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_review DROP CONSTRAINT review_once_per_author")
    try:
        at_once([lambda c=client: written(c, done) for client in clients])  # type: ignore[misc]
        assert Review.objects.count() > 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM orders_review")
            cursor.execute(
                "ALTER TABLE orders_review ADD CONSTRAINT review_once_per_author UNIQUE (order_id, rater_id)"
            )


@pytest.mark.parametrize("case", ["not completed", "stranger", "oneself"])
def test_the_database_refuses_what_the_service_would_not_do(
    case: str, buyer: User, seller: User, stranger: User, order: Order
) -> None:
    done = order if case == "not completed" else complete(order)
    rater, ratee = {"stranger": (stranger, seller), "oneself": (buyer, buyer)}.get(case, (buyer, seller))

    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(order=done, rater=rater, ratee=ratee, ratee_was=Party.SELLER, rating=3)


def test_a_rating_never_changes(buyer: User, done: Order) -> None:
    reviewing.review(buyer, done.pk, rating=1)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Review.objects.update(rating=5)


def test_it_is_blind_until_both_have_written(signed_in: SignIn, buyer: User, seller: User, done: Order) -> None:
    """I14: unpublished it is invisible to the other side; its author sees it at once."""
    mine = written(signed_in(buyer), done, rating=2).json()
    of_order, of_seller = f"/v1/reviews/orders/{done.pk}", f"/v1/reviews/users/{seller.pk}"

    assert signed_in(buyer).get(of_order).json() == mine
    none = signed_in(seller).get(of_order)
    assert (none.status_code, none.json()) == (200, None)
    assert signed_in(buyer).get(of_seller).json() == signed_in(seller).get(of_seller).json() == []
    assert signed_in(seller).get(f"/v1/users/{seller.pk}/rating").json()["as_seller"]["lifetime"]["count"] == 0

    theirs = written(signed_in(seller), done, rating=5).json()

    assert signed_in(seller).get(of_seller).json() == [mine]
    assert signed_in(buyer).get(f"/v1/reviews/users/{buyer.pk}").json() == [theirs]
    assert signed_in(seller).get(of_order).json() == theirs


def test_after_two_weeks_it_is_published_and_cannot_be_answered(
    signed_in: SignIn, buyer: User, seller: User, done: Order
) -> None:
    mine = written(signed_in(buyer), done, rating=1).json()
    let_pass(13)
    assert signed_in(seller).get(f"/v1/reviews/users/{seller.pk}").json() == []

    let_pass(1)

    shown = signed_in(seller).get(f"/v1/reviews/users/{seller.pk}").json()
    assert [row["id"] for row in shown] == [mine["id"]]
    assert signed_in(seller).get(f"/v1/reviews/orders/{done.pk}").json()["id"] == mine["id"]
    late = written(signed_in(seller), done, rating=1)
    assert (late.status_code, late.json()["code"]) == (409, "reviews_closed")
    assert Review.objects.count() == 1


def test_campus_11_of_an_order_only_its_people_read(
    signed_in: SignIn, stranger: User, moderator: User, buyer: User, seller: User, done: Order
) -> None:
    written(signed_in(buyer), done)
    written(signed_in(seller), done)

    assert signed_in(stranger).get(f"/v1/reviews/orders/{done.pk}").status_code == 404
    assert signed_in(moderator).get(f"/v1/reviews/orders/{done.pk}").status_code == 200


def test_campus_11_of_a_person_the_newest_first_and_fifty_at_most(
    signed_in: SignIn,
    buyer: User,
    seller: User,
    stranger: User,
    make_order: Callable[..., Order],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("orders.views.reviews.MOST_LISTED", 2)
    for rating in (1, 2, 3):
        done = complete(make_order())
        reviewing.review(buyer, done.pk, rating=rating)
        reviewing.review(seller, done.pk, rating=5)

    rows = signed_in(stranger).get(f"/v1/reviews/users/{seller.pk}").json()

    assert [row["rating"] for row in rows] == [3, 2]


def test_a_score_is_of_each_part_and_drawn_to_the_ordinary(
    signed_in: SignIn, buyer: User, seller: User, stranger: User, make_order: Callable[..., Order]
) -> None:
    old, new = complete(make_order()), complete(make_order())
    reviewing.review(buyer, old.pk, rating=1)
    let_pass(400)
    reviewing.review(buyer, new.pk, rating=5)
    reviewing.review(seller, new.pk, rating=3)

    seller_is = signed_in(stranger).get(f"/v1/users/{seller.pk}/rating").json()
    buyer_is = signed_in(stranger).get(f"/v1/users/{buyer.pk}/rating").json()

    assert seller_is["as_seller"]["lifetime"] == {"count": 2, "mean": 3.0, "score": round(26 / 7, 2)}
    assert seller_is["as_seller"]["last_12_months"] == {"count": 1, "mean": 5.0, "score": round(25 / 6, 2)}
    assert seller_is["as_buyer"]["lifetime"] == {"count": 0, "mean": None, "score": None}
    assert buyer_is["as_buyer"]["lifetime"]["mean"] == 3.0


def test_who_has_blocked_me_has_no_score_for_me(signed_in: SignIn, buyer: User, stranger: User) -> None:
    signed_in(buyer).put(f"/v1/users/{stranger.pk}/block")

    assert signed_in(stranger).get(f"/v1/users/{buyer.pk}/rating").status_code == 404
    assert signed_in(stranger).get(f"/v1/reviews/users/{buyer.pk}").status_code == 404
