"""The campus contract, §12 `…/response-metrics`, row by row, and T38: nobody else's numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from analytics.tests.doings import asked, said
from chat.models import Message, Room
from chat.services import opening, telling
from listings.models import Listing

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]
ago = timedelta
YESTERDAY = timedelta(days=1)


def metrics(api: APIClient, person: User) -> Any:
    return api.get(f"/v1/telemetry/sellers/{person.pk}/response-metrics")


def test_12_every_field_is_there_and_of_its_kind(signed_in: Api, buyer: User, seller: User, listing: Listing) -> None:
    asked(buyer, listing, at=timezone.now() - YESTERDAY, answered_after=timedelta(minutes=90))
    answer = metrics(signed_in(seller), seller)
    body = answer.json()
    assert answer.status_code == 200
    assert body.pop("updated_at").endswith("Z")
    assert body == {
        "seller_id": str(seller.pk),
        "response_rate": 1.0,
        "average_response_minutes": 90.0,
        "total_conversations": 1,
        "ranking": [],
    }


def test_12_no_conversation_is_no_data(signed_in: Api, seller: User, listing: Listing) -> None:
    answer = metrics(signed_in(seller), seller)
    assert (answer.status_code, answer.json()["detail"]) == (404, "No data")


def test_12_who_answered_nobody_has_a_rate_and_numbers_that_every_app_can_read(
    signed_in: Api, buyer: User, seller: User, listing: Listing
) -> None:
    asked(buyer, listing, at=timezone.now() - YESTERDAY)
    body = metrics(signed_in(seller), seller).json()
    assert (body["response_rate"], body["average_response_minutes"], body["total_conversations"]) == (0.0, 0.0, 1)


@pytest.mark.parametrize("caller", ["buyer", "moderator", "administrator"])
def test_T38_nobody_reads_another_sellers_metrics(
    caller: str, request: pytest.FixtureRequest, signed_in: Api, buyer: User, seller: User, listing: Listing
) -> None:
    asked(buyer, listing, at=timezone.now() - YESTERDAY, answered_after=timedelta(minutes=1))
    other = metrics(signed_in(request.getfixturevalue(caller)), seller)
    nobody = signed_in(buyer).get(f"/v1/telemetry/sellers/{UUID(int=7)}/response-metrics")
    assert (other.status_code, nobody.status_code) == (404, 404)
    assert other.json()["detail"] == nobody.json()["detail"]


def test_12_without_a_token(anonymous: APIClient, seller: User) -> None:
    assert metrics(anonymous, seller).status_code == 401


def test_the_wait_is_from_the_first_question_to_the_first_answer(
    signed_in: Api, buyer: User, stranger: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    now = timezone.now()
    room = asked(buyer, make_listing(), at=now - YESTERDAY)
    said(room, buyer, at=now - YESTERDAY + timedelta(minutes=5))
    said(room, seller, at=now - YESTERDAY + timedelta(minutes=30))
    said(room, seller, at=now - YESTERDAY + timedelta(minutes=500))
    asked(stranger, make_listing(title="Mouse"), at=now - YESTERDAY, answered_after=timedelta(minutes=10))
    asked(buyer, make_listing(title="Libro"), at=now - YESTERDAY)
    body = metrics(signed_in(seller), seller).json()
    assert (body["total_conversations"], body["response_rate"], body["average_response_minutes"]) == (3, 0.6667, 20.0)


def test_what_does_not_count(
    signed_in: Api, make_person: Callable[..., User], buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    """What the product said, what was taken back or hidden, what is too old, and a courier's chat."""
    now, listing = timezone.now(), make_listing()
    told = opening.of_parties(listing.pk, buyer, seller)
    telling.say(told.pk, "Order placed.", data={})
    asked(make_person("early"), listing, at=now - timedelta(days=31), answered_after=timedelta(minutes=1))
    hidden = asked(make_person("rude"), listing, at=now - YESTERDAY)
    Message.objects.filter(room=hidden).update(hidden_at=now)
    courier = make_person("courier")
    bringing = opening.of_parties(listing.pk, buyer, courier)
    said(bringing, buyer, at=now)
    taken_back = asked(make_person("fair"), listing, at=now - YESTERDAY, answered_after=timedelta(minutes=1))
    Message.objects.filter(room=taken_back, sender=seller).update(deleted_at=now, body=None)
    telling.say(taken_back.pk, "The seller has accepted the order.", data={}, on_behalf_of=seller)
    body = metrics(signed_in(seller), seller).json()
    assert (body["total_conversations"], body["response_rate"]) == (1, 0.0)
    assert metrics(signed_in(courier), courier).status_code == 404


@pytest.fixture
def crowd(make_person: Callable[..., User], make_listing: Callable[..., Listing], buyer: User) -> Callable[[int], None]:
    """So many other sellers, each of whom answers half of what is asked; the later the slower."""

    def make(size: int) -> None:
        for number in range(size):
            other = make_person(f"other{number}")
            at = timezone.now() - YESTERDAY
            asked(buyer, make_listing(by=other), at=at, answered_after=timedelta(minutes=10 * (number + 1)))
            asked(buyer, make_listing(by=other), at=at)

    return make


def test_T38_four_others_are_no_crowd(
    signed_in: Api, crowd: Callable[[int], None], buyer: User, seller: User, listing: Listing
) -> None:
    crowd(4)
    asked(buyer, listing, at=timezone.now() - YESTERDAY, answered_after=timedelta(minutes=1))
    assert metrics(signed_in(seller), seller).json()["ranking"] == []


def test_T38_of_five_others_one_line_is_shown_and_none_of_them_by_name(
    signed_in: Api, crowd: Callable[[int], None], buyer: User, seller: User, listing: Listing
) -> None:
    crowd(5)
    asked(buyer, listing, at=timezone.now() - YESTERDAY, answered_after=timedelta(minutes=1))
    answer = metrics(signed_in(seller), seller)
    assert answer.json()["ranking"] == [
        {
            "seller_id": str(seller.pk),
            "seller_name": "Seller",
            "response_rate": 1.0,
            "average_response_minutes": 1.0,
            "percentile": 100.0,
        },
        {
            "seller_id": str(UUID(int=0)),
            "seller_name": "Other sellers",
            "response_rate": 0.5,
            "average_response_minutes": 30.0,
            "percentile": None,
        },
    ]
    assert not [person for person in User.objects.exclude(pk=seller.pk) if str(person.pk) in answer.content.decode()]


def test_who_is_behind_most_stands_below_the_others(
    signed_in: Api, crowd: Callable[[int], None], seller: User, buyer: User, listing: Listing
) -> None:
    crowd(5)
    asked(buyer, listing, at=timezone.now() - YESTERDAY)
    ranking = metrics(signed_in(seller), seller).json()["ranking"]
    assert [line["seller_id"] for line in ranking] == [str(UUID(int=0)), str(seller.pk)]
    assert (ranking[1]["percentile"], ranking[1]["average_response_minutes"]) == (0.0, None)


def test_how_long_others_wait_is_told_only_of_a_crowd_too(
    signed_in: Api, crowd: Callable[[int], None], seller: User, buyer: User, listing: Listing
) -> None:
    crowd(5)
    Message.objects.filter(sender__username="other0").update(hidden_at=timezone.now())
    asked(buyer, listing, at=timezone.now() - YESTERDAY, answered_after=timedelta(minutes=1))
    others = metrics(signed_in(seller), seller).json()["ranking"][1]
    assert (others["response_rate"], others["average_response_minutes"]) == (0.4, None)


def test_the_number_of_questions_to_the_database_does_not_grow(
    signed_in: Api, crowd: Callable[[int], None], buyer: User, seller: User, listing: Listing
) -> None:
    crowd(5)
    asked(buyer, listing, at=timezone.now() - YESTERDAY, answered_after=timedelta(minutes=1))
    api = signed_in(seller)
    with CaptureQueriesContext(connection) as asked_for:
        assert metrics(api, seller).status_code == 200
    assert len(asked_for) == 3  # who it is, their own, everybody's
    with CaptureQueriesContext(connection) as asked_again:
        metrics(api, seller)
    assert len(asked_again) == 2
    assert Room.objects.count() == 11
