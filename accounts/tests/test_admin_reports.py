"""The moderators' queue, and events that never arrived."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import PersonReport, User
from accounts.services import people
from marketplace.common.models import AuditEntry, OutboxDelivery, OutboxEvent


@pytest.fixture
def desk(in_admin: Callable[[User], Client], moderator: User) -> Client:
    return in_admin(moderator)


def test_reports_wait_in_the_queue_with_the_open_ones_first(
    desk: Client, moderator: User, buyer: User, seller: User, stranger: User
) -> None:
    first = people.report(buyer, seller, reason="scam", text="")
    second = people.report(stranger, seller, reason="spam", text="")
    people.decide_report(second, actor=moderator, uphold=False, note="no", now=timezone.now())
    page = desk.get("/admin/accounts/personreport/")
    assert list(page.context["cl"].queryset) == [first, second]
    assert [row.about_person for row in page.context["cl"].queryset] == [2, 2]
    assert "Other reports about the same person" in desk.get(report_url(first)).content.decode()
    assert report_url(second) in desk.get(report_url(first)).content.decode()


def report_url(report: PersonReport) -> str:
    return reverse("admin:accounts_personreport_change", args=[report.pk])


@pytest.mark.parametrize(("name", "state"), [("uphold", "upheld"), ("dismiss", "dismissed")])
def test_a_moderator_decides_a_report_with_a_note(
    desk: Client, moderator: User, buyer: User, seller: User, name: str, state: str
) -> None:
    report = people.report(buyer, seller, reason="scam", text="")
    url = reverse("admin:accounts_personreport_decide", args=[report.pk, name])
    desk.post(url, {"reason": ""})
    report.refresh_from_db()
    assert report.state == "open"
    desk.post(url, {"reason": "Looked into it"})
    report.refresh_from_db()
    assert (report.state, report.decided_by, report.decision_note) == (state, moderator, "Looked into it")
    assert AuditEntry.objects.get().action == f"report.{state}"


def test_nobody_judges_a_report_about_themselves(desk: Client, moderator: User, buyer: User) -> None:
    report = people.report(buyer, moderator, reason="abuse", text="")
    url = reverse("admin:accounts_personreport_decide", args=[report.pk, "dismiss"])
    assert desk.post(url, {"reason": "Not me"}).status_code == 403
    report.refresh_from_db()
    assert report.state == "open"


def test_dead_events_are_tried_again_by_administrators(
    desk: Client, in_admin: Callable[[User], Client], administrator: User
) -> None:
    event = OutboxEvent.objects.create(kind="order.paid")
    states = {"dead": 12, "waiting": 3, "done": 1}
    rows = {
        state: OutboxDelivery.objects.create(event=event, listener=state, state=state, attempts=attempts)
        for state, attempts in states.items()
    }
    url = "/admin/common/outboxdelivery/"
    chosen = {"action": "try_again", "_selected_action": [row.pk for row in rows.values()]}
    assert desk.post(url, chosen).status_code == 403
    in_admin(administrator).post(url, chosen)
    after = {row.listener: (row.state, row.attempts) for row in OutboxDelivery.objects.all()}
    assert after == {"dead": ("waiting", 0), "waiting": ("waiting", 3), "done": ("done", 1)}
    assert AuditEntry.objects.get().action == "outbox.tried_again"
