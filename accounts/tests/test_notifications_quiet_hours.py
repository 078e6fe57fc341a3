"""Quiet hours: across midnight, across changes of the clock, and not for what is urgent."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
import time_machine

from accounts.models import Delivery, NotificationSettings, User
from accounts.notices.quiet import loud_again_at
from accounts.push.memory import MemoryPush
from accounts.tests.notices import let_time_come, phone_of, sweep, tell

NEW_YORK, GUAYAQUIL = "America/New_York", "America/Guayaquil"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(start: str, end: str, zone: str = "UTC") -> NotificationSettings:
    return NotificationSettings(
        quiet_from=time.fromisoformat(start), quiet_until=time.fromisoformat(end), time_zone=zone
    )


@pytest.mark.parametrize(
    ("now", "quiet", "expected"),
    [
        # inside one day
        ("2026-03-02 12:59", hours("13:00", "15:00"), "2026-03-02 12:59"),
        ("2026-03-02 13:00", hours("13:00", "15:00"), "2026-03-02 15:00"),
        ("2026-03-02 14:59", hours("13:00", "15:00"), "2026-03-02 15:00"),
        ("2026-03-02 15:00", hours("13:00", "15:00"), "2026-03-02 15:00"),
        # across midnight, before and after it
        ("2026-03-02 21:59", hours("22:00", "07:00"), "2026-03-02 21:59"),
        ("2026-03-02 22:00", hours("22:00", "07:00"), "2026-03-03 07:00"),
        ("2026-03-03 03:00", hours("22:00", "07:00"), "2026-03-03 07:00"),
        ("2026-12-31 23:00", hours("22:00", "07:00"), "2027-01-01 07:00"),
        # up to midnight itself
        ("2026-03-02 23:30", hours("22:00", "00:00"), "2026-03-03 00:00"),
        # the person's night is not ours: 03:30 UTC is 22:30 in Guayaquil
        ("2026-03-02 03:30", hours("22:00", "07:00", GUAYAQUIL), "2026-03-02 12:00"),
        ("2026-03-02 13:00", hours("22:00", "07:00", GUAYAQUIL), "2026-03-02 13:00"),
        # a zone that is no longer known counts as UTC
        ("2026-03-02 23:00", hours("22:00", "07:00", "Old/Name"), "2026-03-03 07:00"),
        # the night of 8 March 2026 is an hour short in New York: 07:00 is 11:00 UTC, not 12:00
        ("2026-03-08 04:00", hours("22:00", "07:00", NEW_YORK), "2026-03-08 11:00"),
        # … and 02:30 is left out: quiet ends when the clock would have shown it
        ("2026-03-08 06:45", hours("22:00", "02:30", NEW_YORK), "2026-03-08 07:30"),
        # the night of 1 November 2026 is an hour long: 07:00 is 12:00 UTC again
        ("2026-11-01 03:00", hours("22:00", "07:00", NEW_YORK), "2026-11-01 12:00"),
        # … and 01:30 happens twice: in the first round the first one, in the second the second
        ("2026-11-01 05:10", hours("22:00", "01:30", NEW_YORK), "2026-11-01 05:30"),
        ("2026-11-01 06:10", hours("22:00", "01:30", NEW_YORK), "2026-11-01 06:30"),
    ],
)
def test_what_comes_in_the_night_waits_for_the_morning(now: str, quiet: NotificationSettings, expected: str) -> None:
    assert loud_again_at(utc(now), quiet) == utc(expected)


def test_whoever_set_none_has_none() -> None:
    now = utc("2026-03-02 03:00")
    assert loud_again_at(now, NotificationSettings()) == now


@pytest.fixture
def sleeper(buyer: User) -> User:
    phone_of(buyer)
    NotificationSettings.objects.create(
        user=buyer, quiet_from=time(22), quiet_until=time(7), time_zone="America/Guayaquil"
    )
    return buyer


@pytest.mark.django_db
@pytest.mark.usefixtures("note")
@time_machine.travel("2050-03-02T04:00:00Z", tick=False)  # after the database's own clock: 23:00 in Guayaquil
def test_push_and_mail_are_due_in_the_morning_and_the_list_has_it_at_once(sleeper: User) -> None:
    told = tell(sleeper)[0]

    assert told.in_app is True
    assert {row.due_at for row in Delivery.objects.all()} == {datetime(2050, 3, 2, 12, tzinfo=UTC)}
    assert sweep() == 0
    let_time_come()
    sweep()
    assert len(MemoryPush.sent) == 1


@pytest.mark.django_db
@time_machine.travel("2020-03-02T04:00:00Z", tick=False)
def test_what_is_urgent_does_not_wait(sleeper: User) -> None:
    tell(sleeper, kind="account.new_device", data={})
    assert sweep() == 2
    assert len(MemoryPush.sent) == 1
