"""Listings, reports and flags in the admin: what moderators see and decide, and who does not get that far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.services import roles
from listings.models import FeatureSwitch, Listing, ListingFlag, ListingReport, Photo
from listings.services import listings
from listings.tests.admin_rows import admin_rows
from marketplace.common.models import AuditEntry

pytestmark = pytest.mark.django_db

LIST = "/admin/listings/listing/"


def decide_url(thing: Any, name: str) -> str:
    return reverse(f"admin:listings_{thing._meta.model_name}_decide", args=[thing.pk, name])


def change_url(thing: Any) -> str:
    return reverse(f"admin:listings_{thing._meta.model_name}_change", args=[thing.pk])


@pytest.fixture
def desk(in_admin: Callable[[User], Client], moderator: User) -> Client:
    return in_admin(moderator)


def add_photo(listing: Listing, name: str, *, state: str = "ready", fingerprint: int | None = None) -> Photo:
    return Photo.objects.create(
        listing=listing,
        storage_key=f"listings/{listing.pk}/{name}.jpg",
        state=state,
        fingerprint=fingerprint,
        content_type="image/jpeg",
        size_bytes=1,
    )


def facts() -> object:
    return (
        list(Listing.objects.order_by("pk").values_list("pk", "hidden_at", "title", "version")),
        list(ListingReport.objects.order_by("pk").values_list("pk", "state")),
        list(ListingFlag.objects.order_by("pk").values_list("pk", "state")),
        list(FeatureSwitch.objects.order_by("pk").values_list("key", "is_on")),
        AuditEntry.objects.count(),
    )


# ── Who gets there ───────────────────────────────────────────────────────────────────────────────


def every_decision(rows: dict[str, Any]) -> Iterator[str]:
    for thing, names in {
        "listing": ("hide", "show-again"),
        "listingreport": ("uphold", "dismiss"),
        "listingflag": ("uphold", "dismiss"),
        "category": ("merge", "hide", "show-again"),
        "brand": ("merge", "hide", "show-again"),
    }.items():
        yield from (decide_url(rows[thing], name) for name in names)


def test_T13_nobody_but_staff_decides_anything(
    in_admin: Callable[[User], Client], signed_in: Callable[..., Client], seller: User, stranger: User
) -> None:
    rows = admin_rows(seller)
    before = facts()
    for browser in (Client(), in_admin(stranger), in_admin(seller), signed_in(stranger)):
        for url in every_decision(rows):
            answer = browser.post(url, {"reason": "I want to"})
            assert (answer.status_code, answer["Location"][:13]) == (302, "/admin/login/"), url
    assert facts() == before


def test_T13_staff_without_the_permission_decides_nothing(
    in_admin: Callable[[User], Client], make_person: Callable[..., User], seller: User
) -> None:
    rows = admin_rows(seller)
    clerk = in_admin(make_person("clerk", is_staff=True))
    before = facts()
    for url in every_decision(rows):
        assert clerk.post(url, {"reason": "I want to"}).status_code in (403, 404)
    assert clerk.get(LIST).status_code == 403
    assert facts() == before


def test_T15_a_demoted_moderator_decides_nothing_from_the_next_request_on(
    desk: Client, moderator: User, administrator: User, seller: User
) -> None:
    rows = admin_rows(seller)
    assert desk.get(LIST).status_code == 200
    roles.unmake_moderator(moderator, actor=administrator, reason="term is over", now=timezone.now())
    before = facts()

    for url in every_decision(rows):
        assert desk.post(url, {"reason": "one last time"})["Location"].startswith("/admin/login/")
    assert facts() == before


def test_T13_nobody_judges_what_they_sell_or_reported_themselves(
    desk: Client, moderator: User, buyer: User, make_listing: Callable[..., Listing]
) -> None:
    own, other = make_listing(by=moderator), make_listing()
    copied = make_listing()
    things: list[Any] = [
        own,
        ListingReport.objects.create(listing=own, reporter=buyer, reason="scam"),
        ListingReport.objects.create(listing=other, reporter=moderator, reason="scam"),
        ListingFlag.objects.create(listing=own, kind="picture"),
        ListingFlag.objects.create(listing=other, kind="reported"),
        ListingFlag.objects.create(listing=copied, kind="picture", facts={"other_listing": str(own.pk)}),
    ]
    before = facts()

    for thing in things:
        names = ("hide", "show-again") if isinstance(thing, Listing) else ("uphold", "dismiss")
        for name in names:
            assert desk.post(decide_url(thing, name), {"reason": "my friend"}).status_code == 403
        assert "/decide/" not in desk.get(change_url(thing)).content.decode()
    assert facts() == before


def test_T13_a_listing_cannot_be_edited_added_or_deleted_here(
    in_admin: Callable[[User], Client], administrator: User, make_listing: Callable[..., Listing]
) -> None:
    browser, listing = in_admin(administrator), make_listing()
    before = facts()

    for url in (change_url(listing), f"{LIST}add/", f"{LIST}{listing.pk}/delete/"):
        assert browser.post(url, {"title": "changed", "post": "yes"}).status_code == 403
    assert facts() == before


# ── Listings ─────────────────────────────────────────────────────────────────────────────────────


def test_a_moderator_hides_and_shows_with_a_reason(
    desk: Client, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()

    desk.post(decide_url(listing, "hide"), {"reason": ""})
    assert Listing.objects.get().hidden_at is None
    desk.post(decide_url(listing, "hide"), {"reason": "A forgery"})
    hidden = Listing.objects.get()
    page = desk.get(change_url(listing)).content.decode()
    desk.post(decide_url(listing, "show-again"), {"reason": "Papers were shown"})

    assert (hidden.is_active, hidden.hidden_reason) == (False, "A forgery")
    assert "listing.hidden" in page
    assert decide_url(listing, "show-again") in page
    assert decide_url(listing, "hide") not in page
    assert Listing.objects.get().is_active
    trail = AuditEntry.objects.order_by("pk").values_list("action", "actor", "reason")
    assert list(trail) == [
        ("listing.hidden", moderator.pk, "A forgery"),
        ("listing.shown_again", moderator.pk, "Papers were shown"),
    ]


def test_listings_are_found_by_title_seller_number_and_id(
    desk: Client, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(title="Bandoneón")
    make_listing(title="Lamp")

    def found(term: object) -> list[Listing]:
        return list(desk.get(LIST, {"q": str(term)}).context["cl"].queryset)

    assert found("bandone") == found(listing.number) == found(listing.pk) == [listing]
    assert len(found(seller.username)) == 2


def test_the_filters_filter(desk: Client, moderator: User, make_listing: Callable[..., Listing]) -> None:
    live, hidden, phone = make_listing(), make_listing(), make_listing(category="phones", state="paused")
    listings.hide(hidden, actor=moderator, reason="x", now=timezone.now())
    listings.remove(phone.pk, owner=phone.seller, now=timezone.now())

    def shown(**query: Any) -> set[Listing]:
        return set(desk.get(LIST, query).context["cl"].queryset)

    assert shown() == {live, hidden, phone}
    assert shown(hidden="yes") == {hidden}
    assert shown(hidden="no") == {live, phone}
    assert shown(hidden="removed") == shown(state__exact="paused") == {phone}
    assert shown(category__id__exact=str(phone.category_id)) == {phone}


def test_the_list_shows_covers_and_open_reports_at_a_cost_that_does_not_grow(
    desk: Client,
    buyer: User,
    make_listing: Callable[..., Listing],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(5):
        listing = make_listing(brand="lenovo")
        add_photo(listing, f"cover{number}")
        ListingReport.objects.create(listing=listing, reporter=buyer, reason="spam")
    desk.get(LIST)

    with django_assert_num_queries(QUERIES_OF_LIST):
        page = desk.get(LIST)

    assert [row.open_reports for row in page.context["cl"].queryset] == [1] * 5
    assert page.content.decode().count("_300.jpg") == 5


QUERIES_OF_LIST = 15  # session, person, rights (2), menu (6), the rows, their photos; two filters ask for choices


def test_the_page_shows_pictures_prices_reports_and_flags(
    desk: Client, buyer: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(price_cents=1_234_500)
    add_photo(listing, "cover")
    add_photo(listing, "waiting", state="waiting")
    report = ListingReport.objects.create(listing=listing, reporter=buyer, reason="stolen", text="Mine!")
    flag = ListingFlag.objects.create(listing=listing, kind="reported")

    page = desk.get(change_url(listing)).content.decode()

    assert page.count("cover_300.jpg") == 1
    assert "waiting_300.jpg" not in page
    assert "originals/" not in page
    for expected in ("12 345 COP", "Mine!", change_url(report), change_url(flag), f"user/{listing.seller_id}/change"):
        assert expected in page


# ── Queues ───────────────────────────────────────────────────────────────────────────────────────


def test_open_reports_and_flags_stand_first_and_count_in_the_menu(
    desk: Client, buyer: User, stranger: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    waiting = ListingReport.objects.create(listing=listing, reporter=buyer, reason="scam")
    decided = ListingReport.objects.create(listing=listing, reporter=stranger, reason="scam", state="dismissed")
    ListingFlag.objects.create(listing=listing, kind="reported", state="upheld")
    flag = ListingFlag.objects.create(listing=listing, kind="picture")

    assert list(desk.get("/admin/listings/listingreport/").context["cl"].queryset) == [waiting, decided]
    assert desk.get("/admin/listings/listingflag/").context["cl"].queryset[0] == flag
    menu = desk.get("/admin/").context["sidebar_navigation"]
    badges = {str(item["title"]): item.get("badge_callback") for group in menu for item in group["items"]}
    assert (badges["Reported listings"], badges["Flags"]) == (1, 1)


@pytest.mark.parametrize(("name", "state", "is_active"), [("uphold", "upheld", False), ("dismiss", "dismissed", True)])
def test_a_moderator_decides_a_report(
    desk: Client,
    moderator: User,
    buyer: User,
    make_listing: Callable[..., Listing],
    name: str,
    state: str,
    is_active: bool,
) -> None:
    listing = make_listing()
    report = ListingReport.objects.create(listing=listing, reporter=buyer, reason="scam")

    for _ in range(2):  # the second time it is done already
        assert desk.post(decide_url(report, name), {"reason": "Looked into it"}).status_code == 302

    report.refresh_from_db()
    listing.refresh_from_db()
    assert (report.state, report.decided_by, report.decision_note) == (state, moderator, "Looked into it")
    assert listing.is_active is is_active
    assert AuditEntry.objects.filter(action=f"listingreport.{state}").count() == 1


def test_a_copied_picture_is_shown_beside_the_other_and_decided(
    desk: Client, stranger: User, make_listing: Callable[..., Listing]
) -> None:
    copy, original = make_listing(), make_listing(by=stranger, title="The original")
    photo = add_photo(copy, "copied", fingerprint=0b1011)
    add_photo(original, "something-else", fingerprint=-1)
    add_photo(original, "the-original", fingerprint=0b1001)
    noticed = {"photo": str(photo.pk), "other_listing": str(original.pk), "distance": 1}
    flag = ListingFlag.objects.create(listing=copy, kind="picture", facts=noticed)

    page = desk.get(change_url(flag)).content.decode()
    assert "copied_300.jpg" in page
    assert "the-original_300.jpg" in page
    assert "something-else" not in page
    assert change_url(original) in page

    desk.post(decide_url(flag, "uphold"), {"reason": "Taken from the other"})
    copy.refresh_from_db()
    assert copy.hidden_reason == "Taken from the other"


def test_a_title_that_is_markup_stays_text(desk: Client, buyer: User, make_listing: Callable[..., Listing]) -> None:
    listing = make_listing(title="<script>alert(1)</script>")
    flag = ListingFlag.objects.create(listing=listing, kind="picture", facts={"other_listing": str(listing.pk)})
    report = ListingReport.objects.create(listing=listing, reporter=buyer, reason="spam", text="<b>x</b>")

    for url in (LIST, change_url(listing), change_url(flag), change_url(report), "/admin/listings/listingreport/"):
        page = desk.get(url).content.decode()
        assert "<script>alert" not in page
        assert "<b>x</b>" not in page


# ── Switches ─────────────────────────────────────────────────────────────────────────────────────


def test_T13_switches_are_for_administrators_only(
    desk: Client, in_admin: Callable[[User], Client], administrator: User
) -> None:
    switch = FeatureSwitch.objects.create(key="hoverboards")
    assert desk.post(change_url(switch), {"is_on": "on"}).status_code == 403
    assert desk.get("/admin/listings/featureswitch/").status_code == 403

    in_admin(administrator).post(change_url(switch), {"key": "renamed", "is_on": "on", "note": "try it"})

    switch.refresh_from_db()
    assert (switch.key, switch.is_on, switch.note) == ("hoverboards", True, "try it")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.data["is_on"]) == ("switch.changed", administrator, True)
