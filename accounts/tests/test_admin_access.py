"""Who gets through the admin's door, and how far."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import PersonReport, User
from accounts.services import people, roles
from marketplace.common import audit
from marketplace.common.models import AuditEntry, OutboxDelivery, OutboxEvent

PASSWORD = "correct horse"
DECISIONS = ("disable", "enable", "end-sessions", "make-moderator", "unmake-moderator")


def change_url(person: User) -> str:
    return reverse("admin:accounts_user_change", args=[person.pk])


def decide_url(person: User, name: str) -> str:
    return reverse("admin:accounts_user_decide", args=[person.pk, name])


@pytest.fixture
def report(buyer: User, seller: User) -> PersonReport:
    return people.report(buyer, seller, reason="scam", text="never came")


def every_url(report: PersonReport) -> Iterator[str]:
    """Each list, add and change page there is; a model registered tomorrow is walked too."""
    entry = audit.record("person.looked_at", report.person, actor=None)
    event = OutboxEvent.objects.create(kind="nothing")
    delivery = OutboxDelivery.objects.create(event=event, listener="nobody", state="dead")
    rows = {"user": report.person, "personreport": report, "auditentry": entry, "outboxdelivery": delivery}
    rows["group"] = Group.objects.get(name=roles.MODERATORS)
    rows |= rows_of_the_apps_above(report.person)
    yield reverse("admin:index")
    yield reverse("admin:password_change")
    for model, model_admin in admin.site._registry.items():
        opts, row = model._meta, rows[str(model._meta.model_name)]
        yield reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        yield reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
        yield reverse(f"admin:{opts.app_label}_{opts.model_name}_history", args=[row.pk])
        if opts.model_name in ("user", "group", "featureswitch"):
            yield reverse(f"admin:{opts.app_label}_{opts.model_name}_add")
        assert model_admin.has_delete_permission is not None
        for decision in getattr(model_admin, "decisions", ()):
            if decision.applies_to(row):
                yield reverse(f"admin:{opts.app_label}_{opts.model_name}_decide", args=[row.pk, decision.name])


def rows_of_the_apps_above(person: User) -> dict[str, Any]:
    """Each brings some of its own in `<app>/tests/admin_rows.py`; nothing here may import it by name."""
    apps = {model._meta.app_label for model in admin.site._registry} - {"accounts", "auth", "common"}
    rows: dict[str, Any] = {}
    for app in sorted(apps):
        rows |= importlib.import_module(f"{app}.tests.admin_rows").admin_rows(person)
    return rows


def facts() -> object:
    return (
        list(User.objects.order_by("pk").values_list("pk", "is_active", "is_staff", "is_superuser", "name")),
        list(PersonReport.objects.values_list("state", "decision_note")),
        AuditEntry.objects.count(),
    )


def test_every_admin_page_answers_an_administrator(
    in_admin: Callable[[User], Client], administrator: User, report: PersonReport
) -> None:
    browser = in_admin(administrator)
    answers = {url: browser.get(url).status_code for url in every_url(report)}
    assert set(answers.values()) == {200}, answers
    assert len(answers) > 15


def test_T13_nobody_but_staff_reaches_any_admin_page(
    in_admin: Callable[[User], Client], stranger: User, report: PersonReport
) -> None:
    urls = list(every_url(report))
    before = facts()
    for browser in (Client(), in_admin(stranger)):
        for url in urls:
            for answer in (browser.get(url), browser.post(url, {"reason": "I want to", "name": "changed"})):
                assert answer.status_code == 302, url
                assert answer["Location"].startswith("/admin/login/"), url
    assert facts() == before


def test_T13_a_token_of_the_api_opens_nothing_here(signed_in: Callable[..., Client], administrator: User) -> None:
    answer = signed_in(administrator).get("/admin/accounts/user/")
    assert answer.status_code == 302


def test_T13_a_moderator_cannot_change_roles(in_admin: Callable[[User], Client], moderator: User, seller: User) -> None:
    browser = in_admin(moderator)
    before = facts()
    for name in ("make-moderator", "unmake-moderator"):
        assert browser.post(decide_url(seller, name), {"reason": "a friend"}).status_code == 403
    posted = {"name": "x", "is_staff": "on", "is_superuser": "on"}
    assert browser.post(change_url(seller), posted).status_code == 403
    assert browser.post(change_url(moderator), posted).status_code == 403
    assert browser.post("/admin/accounts/user/add/", posted).status_code == 403
    assert browser.get("/admin/auth/group/").status_code == 403
    assert facts() == before


@pytest.mark.parametrize("name", DECISIONS)
def test_T13_a_moderator_cannot_act_on_staff_or_themselves(
    in_admin: Callable[[User], Client],
    moderator: User,
    administrator: User,
    make_person: Callable[..., User],
    name: str,
) -> None:
    colleague = make_person("colleague", is_staff=True)
    retired = make_person("retired", is_staff=True, is_superuser=True, is_active=False)
    browser = in_admin(moderator)
    before = facts()
    for person in (administrator, colleague, retired, moderator):
        assert browser.post(decide_url(person, name), {"reason": "a coup"}).status_code == 403
        assert "/decide/" not in browser.get(change_url(person)).content.decode()
    assert facts() == before


def test_an_administrator_without_superuser_rights_makes_and_unmakes_moderators_only(
    in_admin: Callable[[User], Client], make_person: Callable[..., User], administrator: User, seller: User
) -> None:
    chief = make_person("chief", is_staff=True)
    names = ("view_user", "change_user", "disable_user", "change_roles")
    chief.user_permissions.add(*Permission.objects.filter(codename__in=names))
    browser = in_admin(chief)
    for name, is_staff in (("make-moderator", True), ("unmake-moderator", False)):
        browser.post(decide_url(seller, name), {"reason": "an election"})
        seller.refresh_from_db()
        assert seller.is_staff is is_staff
    assert browser.post(decide_url(administrator, "disable"), {"reason": "a coup"}).status_code == 403
    browser.post(change_url(seller), {"name": "Sela", "is_superuser": "on", "is_staff": "on", **no_inlines()})
    seller.refresh_from_db()
    assert (seller.name, seller.is_superuser, seller.is_staff) == ("Sela", False, False)


def no_inlines() -> dict[str, str]:
    prefixes = ("sessions", "devices", "reports_received")
    return {f"{prefix}-{name}_FORMS": "0" for prefix in prefixes for name in ("TOTAL", "INITIAL")}


def test_T15_a_demoted_moderator_is_out_at_the_next_request(
    in_admin: Callable[[User], Client], moderator: User, administrator: User
) -> None:
    browser = in_admin(moderator)
    assert browser.get("/admin/accounts/user/").status_code == 200
    in_admin(administrator).post(decide_url(moderator, "unmake-moderator"), {"reason": "term is over"})
    assert browser.get("/admin/accounts/user/")["Location"].startswith("/admin/login/")


def test_T15_a_disabled_moderator_is_out_at_the_next_request(
    in_admin: Callable[[User], Client], moderator: User, administrator: User
) -> None:
    browser = in_admin(moderator)
    people.disable(moderator, actor=administrator, reason="left", now=timezone.now())
    assert browser.get("/admin/accounts/user/")["Location"].startswith("/admin/login/")


def sign_in(browser: Client, username: str, password: str, address: str = "127.0.0.1") -> str:
    answer = browser.post(
        "/admin/login/?next=/admin/", {"username": username, "password": password}, REMOTE_ADDR=address
    )
    return "in" if answer.status_code == 302 else answer.content.decode()


@pytest.mark.django_db
def test_T9_the_admin_door_locks_and_says_so(settings: Settings, moderator: User, anonymous: Client) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "lockout_pair": "3/15minutes"}
    browser = Client()
    for _ in range(3):
        assert "Too many" not in sign_in(browser, "moderator", "wrong")
    locked = sign_in(browser, "moderator", PASSWORD)
    assert "Too many failed sign-ins. Please try again in 15 minutes." in locked
    through_api = anonymous.post("/v1/auth/login", {"email": "moderator", "password": PASSWORD})
    assert through_api.status_code == 429, "the lock is shared with the API"
    assert sign_in(browser, "moderator", PASSWORD, address="192.0.2.7") == "in", "the owner, elsewhere, still gets in"


def test_staff_sign_in_with_user_name_or_address_and_others_do_not(moderator: User, stranger: User) -> None:
    assert sign_in(Client(), "moderator", PASSWORD) == "in"
    assert sign_in(Client(), "Moderator@uni.edu", PASSWORD) == "in"
    assert "correct" in sign_in(Client(), "stranger", PASSWORD)
    assert "correct" in sign_in(Client(), "nobody", PASSWORD)


def test_the_admin_page_of_ones_own_password_ends_the_api_sessions(
    in_admin: Callable[[User], Client], signed_in: Callable[..., Client], moderator: User
) -> None:
    phone, browser = signed_in(moderator), in_admin(moderator)
    asked = {"old_password": "wrong", "new_password1": "battery staple", "new_password2": "battery staple"}
    assert browser.post("/admin/password_change/", asked).status_code == 200
    assert phone.get("/v1/auth/me").status_code == 200
    short = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    assert browser.post("/admin/password_change/", short).status_code == 200
    assert browser.post("/admin/password_change/", {**asked, "old_password": PASSWORD}).status_code == 302
    assert phone.get("/v1/auth/me").status_code == 401
    assert browser.get("/admin/").status_code == 200, "the one who changed it stays"
    assert sign_in(Client(), "moderator", "battery staple") == "in"


def test_no_page_shows_a_password_or_a_push_token(
    in_admin: Callable[[User], Client], administrator: User, seller: User
) -> None:
    seller.devices.create(platform="android", push_token="secret-push-token")
    text = in_admin(administrator).get(change_url(seller)).content.decode()
    assert seller.password not in text
    assert "secret-push-token" not in text
    assert 'name="password"' not in text


@pytest.mark.parametrize("asked", ["password__startswith=md5", "password__gte=a", "signed_out_at__isnull=True"])
def test_T43_a_moderator_cannot_guess_at_a_secret_through_the_filters_of_a_list(
    in_admin: Callable[[User], Client], moderator: User, seller: User, asked: str
) -> None:
    answer = in_admin(moderator).get(f"/admin/accounts/user/?{asked}")
    assert answer.status_code == 400
    assert "@seller" not in answer.content.decode()


def test_T43_no_list_answers_for_a_column_whose_filter_it_does_not_offer(
    rf: RequestFactory, administrator: User
) -> None:
    request = rf.get("/")
    request.user = administrator
    for model, model_admin in admin.site._registry.items():
        offered = {each[0] if isinstance(each, tuple) else each for each in model_admin.get_list_filter(request)}
        for field in model._meta.concrete_fields:
            is_allowed = model_admin.lookup_allowed(f"{field.name}__startswith", "a", request)
            assert is_allowed is (field.name in offered), f"{model.__name__}.{field.name}"


def test_the_filters_that_a_list_offers_work(in_admin: Callable[[User], Client], moderator: User, seller: User) -> None:
    for asked in ("is_active__exact=1", "role__isnull=True", "verified=no", "created_at__gte=2001-01-01T00:00:00Z"):
        answer = in_admin(moderator).get(f"/admin/accounts/user/?{asked}")
        assert answer.status_code == 200
        assert "@seller" in answer.content.decode()


def test_T43_admin_pages_carry_safe_headers(in_admin: Callable[[User], Client], administrator: User) -> None:
    for answer in (Client().get("/admin/login/"), in_admin(administrator).get("/admin/accounts/user/")):
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert "no-store" in answer["Cache-Control"]
    missing = in_admin(administrator).get("/admin/accounts/nothing/")
    assert missing.status_code == 404
    assert missing["Content-Type"].startswith("text/html")
