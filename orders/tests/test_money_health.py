"""`/health/money` and the gauges: quiet while all is well, and a reason when it is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from marketplace.common import metrics
from orders.models import Deadline, MoneyAudit, Operation, Order
from orders.services import answers, asking, health, paying
from orders.services.auditing import auditing
from orders.tests.tampering import tamper

pytestmark = pytest.mark.django_db


def asked() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/health/money")
    return answer.status_code, answer.json()


def troubles() -> list[str]:
    status, body = asked()
    assert (status == 200) is body["ok"] is (body["troubles"] == [])
    return list(body["troubles"])


def test_all_is_well_on_an_empty_and_on_a_busy_site(buyer: User, order: Order) -> None:
    assert troubles() == []
    paying.pay(buyer, order.pk)
    auditing.run()
    status, body = asked()
    assert (status, body["ok"], body["audit_ok"], body["quarantined"]) == (200, True, True, 0)


def test_an_answer_that_does_not_come(buyer: User, order: Order, settings: Settings) -> None:
    paying.pay(buyer, order.pk)
    long_ago = Now() - timedelta(minutes=settings.MONEY_PATIENCE_MINUTES + 1)
    Operation.objects.update(state="unknown", created_at=long_ago)
    assert troubles() == ["unanswered"]
    Operation.objects.update(next_action={"type": "confirm"})
    assert troubles() == []


def test_a_request_that_nobody_makes_and_one_that_is_put_off(buyer: User, order: Order) -> None:
    paying.pay(buyer, order.pk)
    Operation.objects.update(due_at=Now() - timedelta(hours=1))
    assert troubles() == ["unanswered"]
    Operation.objects.update(due_at=Now() + timedelta(hours=1), created_at=Now() - timedelta(hours=5))
    assert troubles() == []


def test_a_clock_that_stands_still_or_fails(order: Order) -> None:
    Deadline.objects.update(due_at=Now() - timedelta(hours=1))
    assert troubles() == ["late_deadlines"]
    Deadline.objects.update(due_at=Now() + timedelta(minutes=1), attempts=60)
    assert troubles() == ["late_deadlines"]


def test_quarantine_audit_and_an_audit_that_does_not_run(order: Order) -> None:
    auditing.run()
    answers.quarantine(order, "odd")
    assert troubles() == ["quarantined"]
    tamper("UPDATE orders_orderevent SET reason = 'x'")
    auditing.run()
    assert troubles() == ["quarantined", "audit_differs"]
    MoneyAudit.objects.update(began_at=Now() - timedelta(hours=40), is_ok=True)
    assert troubles() == ["quarantined", "audit_is_late"]


def test_orders_that_were_never_audited(order: Order) -> None:
    later = timezone.now() + timedelta(hours=40)
    assert "audit_is_late" in health.pulse(now=later).troubles


def test_it_is_cheap_and_names_nobody(order: Order, django_assert_max_num_queries: Any) -> None:
    asking.ask(order, Operation.Kind.AUTHORIZE, amount_cents=1)
    with django_assert_max_num_queries(8):
        text = Client().get("/health/money").content.decode()
    assert str(order.pk) not in text
    assert Client().post("/health/money").status_code == 405


def test_the_gauges_are_there_and_one_that_fails_hides_no_other(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    answers.quarantine(order, "odd")

    def broken() -> Any:
        raise RuntimeError

    monkeypatch.setattr(metrics.asked, "_questions", [broken, *metrics.asked._questions])
    text = metrics.exposition().decode()
    assert "money_quarantined_orders 1.0" in text
    assert "money_audit_ok 1.0" in text
    assert "http_requests_total" in text
