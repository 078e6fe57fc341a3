"""What is no longer needed goes, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Delivery, Notification, User
from accounts.tasks import sweep_deliveries, tidy
from accounts.tests.notices import phone_of, sweep, tell
from marketplace.common.sweeper import sweeper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("note")]


def ago(days: int) -> object:
    return timezone.now() - timedelta(days=days)


def test_notifications_read_long_ago_go_and_unread_ones_stay(buyer: User) -> None:
    old, recent, unread = (tell(buyer)[0] for _ in range(3))
    Notification.objects.filter(pk=old.pk).update(read_at=ago(91))
    Notification.objects.filter(pk=recent.pk).update(read_at=ago(89))
    Notification.objects.filter(pk=unread.pk).update(created_at=ago(500))

    tidy()

    assert set(Notification.objects.all()) == {recent, unread}


def test_what_never_was_in_the_list_goes_by_its_age(buyer: User) -> None:
    old, recent = (tell(buyer)[0] for _ in range(2))
    Notification.objects.update(in_app=False)
    Notification.objects.filter(pk=old.pk).update(created_at=ago(91))

    tidy()

    assert Notification.objects.get() == recent


def test_a_replaced_one_is_remembered_longer_than_its_event_is_tried(buyer: User) -> None:
    old, recent, current = (tell(buyer, collapse_key="room:1")[0] for _ in range(3))
    Notification.objects.filter(pk=old.pk).update(replaced_at=ago(4))

    tidy()

    assert set(Notification.objects.all()) == {recent, current}


def test_a_token_nobody_has_touched_for_270_days_is_forgotten(buyer: User) -> None:
    idle, used = phone_of(buyer, "idle"), phone_of(buyer, "used")
    idle.__class__.objects.filter(pk=idle.pk).update(seen_at=ago(271))
    used.__class__.objects.filter(pk=used.pk).update(seen_at=ago(269))

    tidy()

    idle.refresh_from_db()
    used.refresh_from_db()
    assert (idle.push_token, used.push_token) == (None, "used")


def test_finished_deliveries_go_and_waiting_ones_stay(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer)
    sweep()
    Delivery.objects.update(done_at=ago(31))
    tell(buyer)

    tidy()

    assert {row.state for row in Delivery.objects.all()} == {Delivery.State.WAITING}
    assert Delivery.objects.count() == 2


def test_the_worker_sweeps_by_task_and_by_heartbeat(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer)
    assert sweep_deliveries() == 2
    assert "accounts.notices.deliver" in {getattr(job, "__module__", "") for job in sweeper._jobs}
