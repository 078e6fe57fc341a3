"""Whoever decides a dispute has before them what both sides have said and handed in, and decides the oldest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Photo
from marketplace.common.ids import uuid7
from marketplace.common.models import AuditEntry
from marketplace.common.storage import get_store
from orders.lifecycle import Party
from orders.models import Dispute, DisputeEvidence, Order
from orders.services.disputes import opening, settling, talking
from orders.tests.parties import ship
from orders.tests.test_admin_orders import LIST, change_url
from orders.tests.test_dispute_files import ADDRESS, PICTURE, handed_in

pytestmark = pytest.mark.django_db
SignIn = Callable[..., APIClient]
InAdmin = Callable[[User], Client]
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> None:
    settings.S3_ENDPOINT, settings.MEDIA_ROOT, settings.BASE_URL = "", tmp_path, ADDRESS


@pytest.fixture
def desk(in_admin: InAdmin, moderator: User) -> Client:
    return in_admin(moderator)


@pytest.fixture
def clerk(in_admin: InAdmin, make_person: Callable[..., User]) -> Client:
    """May look at orders, and is no operator."""
    person = make_person("clerk", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_order"))
    return in_admin(person)


@pytest.fixture
def dispute(buyer: User, order: Order) -> Dispute:
    ship(order)
    return opening.open_dispute(buyer, order.pk, raised_by=Party.BUYER, reason="Broken")


def file_url(dispute: Dispute, evidence: object) -> str:
    return reverse("admin:orders_order_evidence", args=[dispute.order_id, evidence])


def bundle_url(dispute: Dispute) -> str:
    return reverse("admin:orders_order_bundle", args=[dispute.order_id])


def file_of(dispute: Dispute, author: User, name: str = "") -> DisputeEvidence:
    """A row as it could be, whatever the door takes."""
    made: DisputeEvidence = DisputeEvidence.objects.create(
        dispute=dispute,
        author=author,
        party=Party.BUYER,
        storage_key=f"disputes/{dispute.pk}/{uuid7()}.jpg",
        name=name,
        content_type="image/jpeg",
        size_bytes=1,
    )
    return made


def sections(page: Any) -> dict[str, Any]:
    return {section.key: section for section in page.context["story"]}


def test_the_page_has_what_both_have_said_and_proposed(
    desk: Client, buyer: User, seller: User, dispute: Dispute
) -> None:
    talking.state(buyer, dispute.pk, "It fell apart\nin my hands")
    talking.state(seller, dispute.pk, "It was whole")
    settling.propose(buyer, dispute.pk, 0)
    settling.propose(seller, dispute.pk, 120_000_00)
    Dispute.objects.update(escalated_at="2026-02-03T04:05:06Z")

    page = desk.get(change_url(dispute.order))

    told = sections(page)
    said = [(row[1], row[2]) for row in told["statements"].rows]
    assert said == [("Buyer buyer", "It fell apart<br>in my hands"), ("Seller seller", "It was whole")]
    assert "0 COP" in str(told["dispute"].rows[0])
    text = page.content.decode()
    for words in ("Broken", "120 000 COP", "2026-02-0", "It was whole"):
        assert words in text, words
    assert list(told)[:2] == ["dispute", "statements"], "before what the machine has noted"


def test_an_operator_opens_one_for_a_party_and_says_why(desk: Client, moderator: User, order: Order) -> None:
    ship(order)
    door = reverse("admin:orders_order_decide", args=[order.pk, "open-dispute"])
    assert door in desk.get(change_url(order)).content.decode()

    refused = desk.post(door, {"raised_by": "courier", "reason": "by telephone"})
    assert (refused.status_code, Dispute.objects.count()) == (200, 0)
    assert desk.post(door, {"raised_by": "buyer", "reason": "by telephone"}).status_code == 302

    dispute = Dispute.objects.get()
    assert (dispute.raised_by, dispute.reason, dispute.order.state) == ("buyer", "by telephone", "disputed")
    step = dispute.order.events.get(step="dispute")
    assert (step.party, step.actor) == (Party.OPERATOR, moderator)
    assert dispute.order.deadlines.filter(kind="dispute_answer").exists()
    assert AuditEntry.objects.get(action="order.disputed").data == {"raised_by": "buyer"}
    assert door not in desk.get(change_url(order)).content.decode()


def test_nobody_opens_one_for_a_party_of_an_order_of_their_own(
    in_admin: InAdmin, moderator: User, make_order: Callable[..., Order]
) -> None:
    order = ship(make_order(by=moderator))
    door = reverse("admin:orders_order_decide", args=[order.pk, "open-dispute"])

    in_admin(moderator).post(door, {"raised_by": "seller", "reason": "mine"})

    assert not Dispute.objects.exists()


def test_a_file_is_a_link_that_gives_it_to_be_saved(
    desk: Client, signed_in: SignIn, buyer: User, dispute: Dispute
) -> None:
    evidence = handed_in(signed_in(buyer), dispute).json()["id"]
    page = desk.get(change_url(dispute.order)).content.decode()
    assert f'href="{file_url(dispute, evidence)}"' in page
    assert "My scratch.jpg" in page

    reply: Any = desk.get(file_url(dispute, evidence))

    assert (reply.status_code, b"".join(reply.streaming_content)) == (200, PICTURE)
    assert reply["Content-Disposition"].startswith("attachment")
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply["Content-Security-Policy"]
    assert {"private", "no-store"} <= set(reply["Cache-Control"].split(", "))


def test_nothing_that_was_said_or_named_runs_on_the_page(desk: Client, buyer: User, dispute: Dispute) -> None:
    talking.state(buyer, dispute.pk, HOSTILE)
    Dispute.objects.update(reason=HOSTILE)
    named = file_of(dispute, buyer, name=HOSTILE + "\r\nSet-Cookie: a=b")
    get_store().save(named.storage_key, BytesIO(PICTURE), content_type="image/jpeg")

    page = desk.get(change_url(dispute.order)).content.decode()

    assert page.count(escape(HOSTILE)) >= 3
    assert HOSTILE not in page
    assert "<script>alert" not in page
    served: Any = desk.get(file_url(dispute, named.pk))
    list(served.streaming_content)
    assert "Set-Cookie" not in served.headers
    assert served["Content-Disposition"] == 'attachment; filename="><script>alert(1)<script>Set-Cookie: a=b"'


def test_the_whole_of_it_can_be_taken_along(desk: Client, signed_in: SignIn, buyer: User, dispute: Dispute) -> None:
    sha256 = handed_in(signed_in(buyer), dispute).json()["sha256"]
    assert f'href="{bundle_url(dispute)}"' in desk.get(change_url(dispute.order)).content.decode()

    reply = desk.get(bundle_url(dispute))

    assert reply.status_code == 200
    assert {"private", "no-store"} <= set(reply["Cache-Control"].split(", "))
    assert reply["Content-Disposition"].startswith("attachment")
    assert [row["sha256"] for row in reply.json()["files"]] == [sha256]
    assert reply.json()["dispute"]["reason"] == "Broken"


def test_T13_nobody_else_reads_it(
    clerk: Client, in_admin: InAdmin, signed_in: SignIn, buyer: User, stranger: User, dispute: Dispute
) -> None:
    talking.state(buyer, dispute.pk, "Between us")
    evidence = handed_in(signed_in(buyer), dispute).json()["id"]

    page = clerk.get(change_url(dispute.order))
    assert page.status_code == 200
    assert "Between us" not in page.content.decode()
    assert "statements" not in sections(page)
    for url in (file_url(dispute, evidence), bundle_url(dispute)):
        assert clerk.get(url).status_code == 404
        for browser in (Client(), in_admin(buyer), in_admin(stranger), signed_in(buyer)):
            reply = browser.get(url)
            assert (reply.status_code, reply["Location"][:13]) == (302, "/admin/login/"), url


def test_a_file_is_there_only_through_its_own_order(
    desk: Client, signed_in: SignIn, buyer: User, dispute: Dispute, make_order: Callable[..., Order]
) -> None:
    evidence = handed_in(signed_in(buyer), dispute).json()["id"]
    other = opening.open_dispute(buyer, ship(make_order()).pk, raised_by=Party.BUYER)

    assert desk.get(file_url(other, evidence)).status_code == 404
    assert desk.get(file_url(dispute, uuid7())).status_code == 404
    assert desk.get(reverse("admin:orders_order_bundle", args=[make_order().pk])).status_code == 404


def test_a_file_that_is_gone_from_the_store_is_not_there(desk: Client, buyer: User, dispute: Dispute) -> None:
    gone = file_of(dispute, buyer)

    assert "a file without a name" in desk.get(change_url(dispute.order)).content.decode()
    assert desk.get(file_url(dispute, gone.pk)).status_code == 404


def test_pictures_of_the_listing_say_whether_the_buyer_had_seen_them(desk: Client, dispute: Dispute) -> None:
    for number, at in enumerate(("2020-01-01T00:00Z", "2100-01-01T00:00Z")):
        key = f"listings/{dispute.order.listing_id}/{uuid7()}.jpg"
        facts = {"position": number, "state": "ready", "size_bytes": 1, "width": 9, "height": 9}
        Photo.objects.create(listing=dispute.order.listing, storage_key=key, created_at=at, **facts)

    rows = sections(desk.get(change_url(dispute.order)))["photos"].rows

    assert [row[2] for row in rows] == ["yes", "no"]
    assert all("<img" in row[0] for row in rows)


def test_an_order_without_a_dispute_has_no_word_of_one(desk: Client, order: Order) -> None:
    assert not {"dispute", "statements", "files"} & set(sections(desk.get(change_url(order))))


def test_the_longer_an_operator_is_waited_for_the_sooner_it_comes(
    desk: Client, buyer: User, make_order: Callable[..., Order]
) -> None:
    orders = [ship(make_order()) for _ in range(5)]
    talking_still, late, early, talking_longer, settled = orders
    for order in orders:
        opening.open_dispute(buyer, order.pk, raised_by=Party.BUYER)
    for order, days in ((late, 1), (early, 5), (settled, 9)):
        Dispute.objects.filter(order=order).update(escalated_at=Now() - timedelta(days=days))
    settling.release(buyer, settled.dispute.pk)
    Order.objects.filter(pk=talking_longer.pk).update(updated_at="2020-01-01T00:00Z")
    Order.objects.filter(pk=late.pk).update(updated_at="2019-01-01T00:00Z")

    page = desk.get(LIST, {"queue": "disputes"})

    assert list(page.context["cl"].queryset) == [early, late, talking_longer, talking_still]
    assert "asks for an operator since" in page.content.decode()


def test_a_long_dispute_costs_no_more_questions(
    desk: Client, buyer: User, dispute: Dispute, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        talking.state(buyer, dispute.pk, f"And {number}")
    with django_assert_max_num_queries(40):
        page = desk.get(change_url(dispute.order))
    assert len(sections(page)["statements"].rows) == 30
