"""People in the admin: found, seen, and decided about with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import people, roles
from accounts.tests.test_admin_access import change_url, decide_url, no_inlines
from marketplace.common import audit
from marketplace.common.models import AuditEntry, OutboxDelivery, OutboxEvent

LIST = "/admin/accounts/user/"


@pytest.fixture
def desk(in_admin: Callable[[User], Client], moderator: User) -> Client:
    return in_admin(moderator)


@pytest.mark.parametrize("reason", [{}, {"reason": ""}, {"reason": " \n "}, {"reason": "x" * 501}])
@pytest.mark.parametrize("name", ["disable", "end-sessions", "make-moderator"])
def test_without_a_reason_nothing_changes(
    in_admin: Callable[[User], Client],
    signed_in: Callable[..., Client],
    administrator: User,
    seller: User,
    reason: dict[str, str],
    name: str,
) -> None:
    phone = signed_in(seller)
    answer = in_admin(administrator).post(decide_url(seller, name), reason)
    assert answer.status_code == 200
    seller.refresh_from_db()
    assert (seller.is_active, seller.is_staff) == (True, False)
    assert phone.get("/v1/auth/me").status_code == 200
    assert not AuditEntry.objects.exists()
    assert not LogEntry.objects.exists()


def test_asking_is_not_doing(desk: Client, seller: User) -> None:
    assert "Disable account" in desk.get(decide_url(seller, "disable")).content.decode()
    seller.refresh_from_db()
    assert seller.is_active


def test_a_moderator_disables_and_enables_with_a_reason(
    desk: Client, signed_in: Callable[..., Client], moderator: User, seller: User
) -> None:
    phone = signed_in(seller)
    desk.post(decide_url(seller, "disable"), {"reason": "Sold stolen goods"})
    seller.refresh_from_db()
    assert (seller.is_active, seller.disabled_reason) == (False, "Sold stolen goods")
    assert phone.get("/v1/auth/me").status_code == 401
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.reason) == ("person.disabled", moderator, "Sold stolen goods")
    assert LogEntry.objects.get().change_message == "Disable account: Sold stolen goods"
    page = desk.get(change_url(seller)).content.decode()
    assert "Sold stolen goods" in page
    assert decide_url(seller, "disable") not in page, "the button that makes no sense now is gone"
    desk.post(decide_url(seller, "enable"), {"reason": "It was a mix-up"})
    seller.refresh_from_db()
    assert seller.is_active


def test_doing_it_twice_is_said_and_recorded_once(desk: Client, seller: User) -> None:
    for _ in range(2):
        answer = desk.post(decide_url(seller, "disable"), {"reason": "spam"}, follow=True)
    assert "already done" in answer.content.decode()
    assert AuditEntry.objects.count() == 1


def test_ending_all_sessions_leaves_the_account_open(
    desk: Client, signed_in: Callable[..., Client], seller: User
) -> None:
    phone, tablet = signed_in(seller), signed_in(seller)
    desk.post(decide_url(seller, "end-sessions"), {"reason": "Lost phone"})
    assert phone.get("/v1/auth/me").status_code == tablet.get("/v1/auth/me").status_code == 401
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.reason, entry.data) == ("person.sessions_ended", "Lost phone", {"sessions": 2})
    seller.refresh_from_db()
    assert seller.is_active


def test_role_changes_keep_their_reason(in_admin: Callable[[User], Client], administrator: User, seller: User) -> None:
    in_admin(administrator).post(decide_url(seller, "make-moderator"), {"reason": "elected"})
    assert seller.groups.filter(name=roles.MODERATORS).exists()
    assert "elected" in AuditEntry.objects.values_list("reason", flat=True)


def test_unknown_people_and_decisions_are_not_found(desk: Client, seller: User) -> None:
    assert desk.get(decide_url(seller, "promote")).status_code == 404
    assert desk.post(f"{LIST}00000000-0000-0000-0000-000000000000/decide/disable/", {"reason": "x"}).status_code == 404


def test_the_page_of_a_person_tells_the_whole_story(
    desk: Client, signed_in: Callable[..., Client], moderator: User, buyer: User, seller: User
) -> None:
    signed_in(seller)
    seller.devices.create(platform="android", app_version="2.1.0")
    report = people.report(buyer, seller, reason="scam", text="Asked for cash first")
    people.decide_report(report, actor=moderator, uphold=True, note="Screenshots agree", now=timezone.now())
    people.disable(seller, actor=moderator, reason="Second time", now=timezone.now())
    page = desk.get(change_url(seller)).content.decode()
    for fact in ("seller@uni.edu", str(seller.number), "ended: Disabled", "2.1.0", "Asked for cash first"):
        assert fact in page, fact
    for told in ("person.disabled", "Second time", "report.upheld", "Screenshots agree"):
        assert told in page, told


@pytest.mark.parametrize(
    "term", ["seller", "SELLER@uni", "Selma", "{number}", "{id}"], ids=["username", "e-mail", "name", "number", "id"]
)
def test_people_are_found(desk: Client, make_person: Callable[..., User], term: str) -> None:
    make_person("other", name="Otto")
    person = make_person("seller", name="Selma")
    page = desk.get(LIST, {"q": term.format(number=person.number, id=person.pk)}).content.decode()
    assert change_url(person) in page
    assert "@other" not in page


@pytest.mark.parametrize("term", ["'; DROP TABLE x", "9" * 40, "%", "\ud7ff", "²", "0" * 32, "a" * 5000])
def test_odd_searches_answer(desk: Client, seller: User, term: str) -> None:
    assert desk.get(LIST, {"q": term}).status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("is_active__exact=0", {"gone"}),
        ("is_staff__exact=1", {"moderator"}),
        ("role__exact=admin", {"support"}),
        ("verified=yes", {"proven"}),
    ],
)
def test_people_are_filtered(desk: Client, make_person: Callable[..., User], query: str, found: set[str]) -> None:
    make_person("gone", is_active=False)
    make_person("support", role="admin")
    make_person("proven", email_verified_at=timezone.now())
    shown = desk.get(f"{LIST}?{query}").context["cl"].queryset
    assert {person.username for person in shown} == found


def test_the_newest_come_first(desk: Client, buyer: User, seller: User) -> None:
    shown = list(desk.get(LIST).context["cl"].queryset.values_list("username", flat=True))
    assert shown.index("seller") < shown.index("buyer")


def fill(make_person: Callable[..., User], moderator: User, count: int) -> None:
    target = make_person("target")
    for number in range(count):
        person = make_person(f"person{number}")
        people.report(person, target, reason="spam", text="")
        audit.record("person.looked_at", person, actor=moderator)
        event = OutboxEvent.objects.create(kind="nothing")
        OutboxDelivery.objects.create(event=event, listener="nobody", state="dead")


@pytest.mark.parametrize("count", [1, 25])
@pytest.mark.parametrize(
    ("url", "queries"),
    [
        (LIST, 13),
        ("/admin/accounts/personreport/", 13),
        ("/admin/common/auditentry/", 15),
    ],  # seven of them for the menu
)
def test_lists_cost_the_same_for_1_and_25_rows(
    desk: Client,
    make_person: Callable[..., User],
    moderator: User,
    django_assert_num_queries: Any,
    url: str,
    queries: int,
    count: int,
) -> None:
    fill(make_person, moderator, count)
    with django_assert_num_queries(queries):
        assert desk.get(url).status_code == 200


@pytest.mark.parametrize("count", [1, 19])
def test_the_page_of_a_person_costs_the_same_whatever_happened(
    desk: Client, make_person: Callable[..., User], moderator: User, django_assert_num_queries: Any, count: int
) -> None:
    fill(make_person, moderator, count)
    target = User.objects.get(username="target")
    for _ in range(count):
        audit.record("person.looked_at", target, actor=moderator)
    ContentType.objects.clear_cache()
    with django_assert_num_queries(29):
        assert desk.get(change_url(target)).status_code == 200


def test_an_administrator_adds_a_person_who_can_sign_in(
    in_admin: Callable[[User], Client], administrator: User, anonymous: Client
) -> None:
    facts = {
        "username": "newcomer",
        "name": "New",
        "email": "New@Uni.edu",
        "campus": "",
        "password": "let me in!",
    }
    answer = in_admin(administrator).post(LIST + "add/", facts)
    assert answer.status_code == 302
    made = User.objects.get(username="newcomer")
    assert answer["Location"] in (change_url(made), LIST)
    assert (made.email, made.is_staff, made.is_superuser) == ("new@uni.edu", False, False)
    assert AuditEntry.objects.get().action == "person.created"
    login = {"email": "new@uni.edu", "password": "let me in!"}
    assert anonymous.post("/v1/auth/login", login).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"username": "a b"}, {"username": "SELLER"}, {"email": "x@y"}, {"email": "Seller@uni.edu"}, {"password": "short"}],
)
def test_a_person_who_could_not_register_is_not_added_either(
    in_admin: Callable[[User], Client], administrator: User, seller: User, wrong: dict[str, str]
) -> None:
    facts = {"username": "newcomer", "name": "New", "email": "new@uni.edu", "campus": "", "password": "let me in!"}
    assert in_admin(administrator).post(LIST + "add/", {**facts, **wrong}).status_code == 200
    assert User.objects.count() == 2


def test_T14_an_administrator_edits_the_profile_and_nothing_else(
    in_admin: Callable[[User], Client], administrator: User, seller: User
) -> None:
    wanted = {"name": "Sela", "campus": "North", "email": "x@evil.example", "username": "root", "password": "hacked!!"}
    hidden = {"is_active": "", "email_verified_at": "2026-01-01", "number": "1", "role": "admin"}
    old = seller.password
    answer = in_admin(administrator).post(change_url(seller), {**wanted, **hidden, **no_inlines()})
    assert answer.status_code == 302
    seller.refresh_from_db()
    assert (seller.name, seller.campus) == ("Sela", "North")
    assert (seller.email, seller.username, seller.password) == ("seller@uni.edu", "seller", old)
    assert (seller.is_active, seller.email_verified_at, seller.role) == (True, None, None)
    assert OutboxEvent.objects.filter(kind="person.changed").exists()
    assert LogEntry.objects.get().object_id == str(seller.pk)


def test_a_superuser_changes_rights_and_it_is_recorded(
    in_admin: Callable[[User], Client], administrator: User, seller: User
) -> None:
    in_admin(administrator).post(change_url(seller), {"name": "Seller", "is_staff": "on", **no_inlines()})
    seller.refresh_from_db()
    assert seller.is_staff
    entry = AuditEntry.objects.get(action="role.rights_changed")
    assert entry.actor == administrator
    assert "is_staff" in entry.data["changed"]


def test_nobody_edits_or_deletes_themselves_or_anybody(
    in_admin: Callable[[User], Client], administrator: User, seller: User
) -> None:
    browser = in_admin(administrator)
    assert browser.post(change_url(administrator), {"name": "Me", **no_inlines()}).status_code == 403
    for person in (administrator, seller):
        url = reverse("admin:accounts_user_delete", args=[person.pk])
        assert browser.post(url, {"post": "yes"}).status_code == 403
    assert User.objects.count() == 2


def test_the_audit_trail_can_only_be_read(
    in_admin: Callable[[User], Client], administrator: User, seller: User
) -> None:
    entry = audit.record("person.looked_at", seller, actor=administrator, reason="why not")
    browser, url = in_admin(administrator), "/admin/common/auditentry/"
    assert "@seller" in browser.get(url, {"q": "why not"}).content.decode()
    assert str(seller.pk) in browser.get(url, {"q": str(seller.pk)}).content.decode()
    for door in ("add/", f"{entry.pk}/change/", f"{entry.pk}/delete/"):
        assert browser.post(url + door, {"post": "yes", "action": "forged"}).status_code == 403
    gone = {"action": "delete_selected", "_selected_action": str(entry.pk), "post": "yes"}
    browser.post(url, gone)
    assert AuditEntry.objects.get() == entry


def test_the_database_refuses_to_change_or_delete_an_audit_entry(administrator: User, seller: User) -> None:
    entry = audit.record("person.looked_at", seller, actor=administrator)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(reason="forged")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        entry.delete()
    assert AuditEntry.objects.get().reason == ""
