"""Reporting a listing, and what enough reports do to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Notification, User
from accounts.services import people
from listings.models import Listing, ListingFlag, ListingReport
from listings.services import listings, moderation, reports
from listings.services.reports import AutoHide
from marketplace.common import outbox
from marketplace.common.models import AuditEntry, OutboxEvent

AT_THREE = AutoHide(reports=3, account_age=timedelta(hours=24))


def url_of(listing: Listing) -> str:
    return f"/v1/listings/{listing.pk}/report"


@pytest.fixture
def make_old(make_person: Callable[..., User]) -> Callable[[str], User]:
    """Somebody whose reports count."""

    def make(username: str) -> User:
        person = make_person(username)
        User.objects.filter(pk=person.pk).update(created_at=timezone.now() - timedelta(days=30))
        return person

    return make


def report(reporter: User, listing: Listing, **changes: Any) -> ListingReport:
    facts = {"reason": "scam", "text": "", "auto_hide": AT_THREE, "now": timezone.now(), **changes}
    return reports.report(reporter, listing, **facts)


# ── One report ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_report_is_kept_for_the_moderators(
    signed_in: Callable[..., APIClient], buyer: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()

    reply = signed_in(buyer).post(url_of(listing), {"reason": "stolen", "text": "That is my bicycle"})

    assert reply.status_code == 201, reply.content
    assert (reply.json()["reason"], reply.json()["state"]) == ("stolen", "open")
    kept = ListingReport.objects.get()
    assert (kept.reporter, kept.listing, kept.text) == (buyer, listing, "That is my bicycle")
    assert OutboxEvent.objects.filter(kind="listing.reported").count() == 1


@pytest.mark.django_db
def test_one_person_reports_a_listing_once_for_good(
    signed_in: Callable[..., APIClient], buyer: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    client, listing = signed_in(buyer), make_listing()
    client.post(url_of(listing), {"reason": "spam"})
    moderation.decide_report(
        ListingReport.objects.get(), actor=moderator, uphold=False, note="It is not", now=timezone.now()
    )

    again = client.post(url_of(listing), {"reason": "scam"})

    assert (again.status_code, again.json()["code"]) == (409, "already_reported")
    assert ListingReport.objects.get().reason == "spam"


@pytest.mark.django_db
def test_ones_own_listing_and_what_is_not_to_be_seen_cannot_be_reported(
    signed_in: Callable[..., APIClient], seller: User, buyer: User, make_listing: Callable[..., Listing]
) -> None:
    own = signed_in(seller).post(url_of(make_listing()), {"reason": "spam"})
    draft = signed_in(buyer).post(url_of(make_listing(state="draft")), {"reason": "spam"})

    assert (own.status_code, own.json()["code"]) == (400, "own_listing")
    assert (draft.status_code, draft.json()["code"]) == (404, "listing_not_found")
    assert not ListingReport.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{}, {"reason": "dislike"}, {"reason": "spam", "text": "x" * 1001}])
def test_what_does_not_fit_is_a_422(
    signed_in: Callable[..., APIClient], buyer: User, make_listing: Callable[..., Listing], body: dict[str, str]
) -> None:
    assert signed_in(buyer).post(url_of(make_listing()), body).status_code == 422
    assert not ListingReport.objects.exists()


# ── Many reports ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_enough_reports_hide_a_listing_and_raise_one_flag(
    signed_in: Callable[..., APIClient],
    settings: Settings,
    seller: User,
    stranger: User,
    make_old: Callable[[str], User],
    make_listing: Callable[..., Listing],
) -> None:
    settings.LISTING_AUTO_HIDE_REPORTS = 3
    listing = make_listing()
    for number in range(2):
        signed_in(make_old(f"old{number}")).post(url_of(listing), {"reason": "scam"})
    assert signed_in(stranger).get(f"/v1/listings/{listing.pk}").status_code == 200

    assert signed_in(make_old("third")).post(url_of(listing), {"reason": "scam"}).status_code == 201

    listing.refresh_from_db()
    assert listing.hidden_reason == "Hidden automatically: 3 reports"
    assert signed_in(stranger).get(f"/v1/listings/{listing.pk}").status_code == 404
    flag = ListingFlag.objects.get()
    assert (flag.kind, flag.state, flag.facts["reports"]) == ("reported", "open", 3)
    assert AuditEntry.objects.get(action="listing.hidden").actor is None
    outbox.deliver_due()
    assert Notification.objects.get(user=seller, kind="listing.hidden").body.startswith("Only you and the moderators")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "reason"),
    [("en", "Reason: Hidden automatically: 3 reports."), ("es", "Razón: Ocultada automáticamente: 3 denuncias.")],
)
def test_the_seller_reads_in_their_own_language_why_it_was_hidden(
    in_admin: Callable[[User], Any], moderator: User, flagged: Listing, language: str, reason: str
) -> None:
    User.objects.filter(pk=flagged.seller_id).update(language=language)

    outbox.deliver_due()

    note = Notification.objects.get(user=flagged.seller_id, kind="listing.hidden")
    assert reason in note.body
    assert note.data["reason"] in reason
    page = in_admin(moderator).get(
        f"/admin/listings/listing/{flagged.pk}/change/", headers={"Accept-Language": language}
    )
    assert note.data["reason"] in page.content.decode()


@pytest.mark.django_db
def test_new_and_disabled_accounts_report_but_do_not_count(
    administrator: User,
    make_person: Callable[..., User],
    make_old: Callable[[str], User],
    make_listing: Callable[..., Listing],
) -> None:
    listing, gone = make_listing(), make_old("gone")
    report(gone, listing)
    people.disable(gone, actor=administrator, reason="spam", now=timezone.now())
    for number in range(5):
        report(make_person(f"new{number}"), listing)
    for number in range(2):
        report(make_old(f"old{number}"), listing)

    listing.refresh_from_db()
    assert listing.hidden_at is None
    assert ListingReport.objects.count() == 8


@pytest.mark.django_db
def test_decided_reports_do_not_count_and_nought_switches_it_off(
    moderator: User, make_old: Callable[[str], User], make_listing: Callable[..., Listing]
) -> None:
    judged, switched_off = make_listing(), make_listing()
    first = report(make_old("first"), judged)
    moderation.decide_report(first, actor=moderator, uphold=False, note="fine", now=timezone.now())
    for number in range(2):
        report(make_old(f"old{number}"), judged)
    for number in range(4):
        never = AutoHide(reports=0, account_age=timedelta(0))
        report(make_old(f"other{number}"), switched_off, auto_hide=never)

    assert not Listing.objects.filter(hidden_at__isnull=False).exists()


# ── Decisions ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def flagged(make_old: Callable[[str], User], make_listing: Callable[..., Listing], db: None) -> Listing:
    listing = make_listing()
    for number in range(3):
        report(make_old(f"old{number}"), listing)
    listing.refresh_from_db()
    return listing


def states(listing: Listing) -> set[str]:
    return set(ListingReport.objects.filter(listing=listing).values_list("state", flat=True))


def test_a_dismissed_flag_shows_the_listing_again_and_settles_its_reports(
    flagged: Listing, moderator: User, seller: User, make_old: Callable[[str], User]
) -> None:
    flag = ListingFlag.objects.get()

    moderation.decide_flag(flag, actor=moderator, uphold=False, note="A campaign", now=timezone.now())

    flagged.refresh_from_db()
    assert (flagged.is_active, states(flagged)) == (True, {"dismissed"})
    actions = AuditEntry.objects.filter(actor=moderator).values_list("action", flat=True)
    assert sorted(actions) == ["listing.shown_again", "listingflag.dismissed", *["listingreport.dismissed"] * 3]
    report(make_old("latecomer"), flagged)
    flagged.refresh_from_db()
    assert flagged.is_active
    outbox.deliver_due()
    assert Notification.objects.filter(user=seller, kind="listing.shown_again").count() == 1


def test_an_upheld_flag_leaves_the_listing_hidden_and_settles_its_reports(flagged: Listing, moderator: User) -> None:
    moderation.decide_flag(ListingFlag.objects.get(), actor=moderator, uphold=True, note="A fraud", now=timezone.now())

    flagged.refresh_from_db()
    assert (flagged.is_active, states(flagged)) == (False, {"upheld"})


def test_a_dismissed_flag_does_not_show_what_a_moderator_has_hidden_since(flagged: Listing, moderator: User) -> None:
    now = timezone.now()
    listings.show_again(flagged, actor=moderator, reason="looks fine", now=now)
    listings.hide(flagged, actor=moderator, reason="it was not", now=now)

    moderation.decide_flag(ListingFlag.objects.get(), actor=moderator, uphold=False, note="old", now=now)

    flagged.refresh_from_db()
    assert (flagged.is_active, flagged.hidden_reason) == (False, "it was not")


def test_what_a_moderator_has_shown_again_is_hidden_by_as_many_new_reports_and_no_fewer(
    flagged: Listing, moderator: User, make_old: Callable[[str], User]
) -> None:
    listings.show_again(flagged, actor=moderator, reason="looks fine", now=timezone.now())
    for number in range(2):
        report(make_old(f"new{number}"), flagged)
    flagged.refresh_from_db()
    assert flagged.is_active

    report(make_old("new2"), flagged)

    flagged.refresh_from_db()
    flag = ListingFlag.objects.get()
    assert (flagged.hidden_reason, flag.facts["reports"]) == ("Hidden automatically: 3 reports", 3)
    moderation.decide_flag(flag, actor=moderator, uphold=False, note="A campaign", now=timezone.now())
    flagged.refresh_from_db()
    assert (flagged.is_active, states(flagged)) == (True, {"dismissed"})


@pytest.mark.django_db
def test_an_upheld_picture_flag_hides_and_a_dismissed_one_changes_nothing(
    moderator: User, make_listing: Callable[..., Listing]
) -> None:
    for uphold in (True, False):
        listing = make_listing()
        flag = ListingFlag.objects.create(listing=listing, kind="picture")
        for _ in range(2):  # a decision that is repeated is the same decision
            moderation.decide_flag(flag, actor=moderator, uphold=uphold, note="Looked", now=timezone.now())
        listing.refresh_from_db()
        assert listing.is_active is not uphold
    assert AuditEntry.objects.filter(target_type="listingflag").count() == 2


@pytest.mark.django_db
def test_an_upheld_report_hides_with_the_reason_and_tells_the_seller(
    buyer: User, seller: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(title="Rolex")
    made = report(buyer, listing)

    moderation.decide_report(made, actor=moderator, uphold=True, note="It is a fake.", now=timezone.now())
    outbox.deliver_due()

    listing.refresh_from_db()
    assert (listing.is_active, listing.hidden_reason) == (False, "It is a fake.")
    note = Notification.objects.get(user=seller)
    assert note.title == "Your listing has been hidden: Rolex"
    assert "Reason: It is a fake. If you think" in note.body
    assert note.deliveries.filter(channel="email").exists()


# ── Races ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def no_limits(settings: Settings) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_limits")
def test_ten_reports_at_once_hide_the_listing_once(
    signed_in: Callable[..., APIClient], make_old: Callable[[str], User], make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    clients = [signed_in(make_old(f"old{number}")) for number in range(10)]

    statuses = at_once(clients, listing)

    assert set(statuses) <= {201, 404}  # who comes after the hiding finds nothing
    assert statuses.count(201) >= 5
    assert ListingReport.objects.count() == statuses.count(201)
    assert ListingFlag.objects.get().facts["reports"] == 5
    assert AuditEntry.objects.filter(action="listing.hidden").count() == 1
    assert OutboxEvent.objects.filter(kind="listing.hidden").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_limits")
def test_one_person_ten_times_at_once_is_one_report(
    signed_in: Callable[..., APIClient], buyer: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()

    statuses = at_once([signed_in(buyer) for _ in range(10)], listing)

    assert sorted(statuses) == [201] + [409] * 9
    assert ListingReport.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_decides_a_flag_holds_nothing_while_they_wait_for_the_listing(flagged: Listing, moderator: User) -> None:
    flag = ListingFlag.objects.get()

    def dismiss() -> None:
        moderation.decide_flag(flag, actor=moderator, uphold=False, note="A campaign", now=timezone.now())
        connection.close()

    thread = threading.Thread(target=dismiss)
    with transaction.atomic():
        Listing.objects.select_for_update().get(pk=flagged.pk)  # as whoever raises a flag, before they come to it
        thread.start()
        until_somebody_waits_for_a_lock()
        ListingFlag.objects.select_for_update(nowait=True).get(pk=flag.pk)
    thread.join(timeout=20)

    flag.refresh_from_db()
    assert flag.state == "dismissed"


def until_somebody_waits_for_a_lock() -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody waits for a lock")


def at_once(clients: list[APIClient], listing: Listing) -> list[int]:
    statuses: list[int] = []
    barrier = threading.Barrier(len(clients), timeout=20)

    def ask(client: APIClient) -> None:
        connection.ensure_connection()
        barrier.wait()
        statuses.append(client.post(url_of(listing), {"reason": "scam"}).status_code)
        connection.close()

    threads = [threading.Thread(target=ask, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses
