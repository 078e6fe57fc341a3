"""Days are made before they begin, and dropped when they are too old."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from analytics import tasks
from analytics.models import Event, Fold, SeenEvent
from analytics.services import days

pytestmark = pytest.mark.django_db
FAR = datetime(2031, 5, 10, 12, tzinfo=UTC)


def write(received_at: datetime, *, is_counted: bool = True) -> str:
    """Where it lies. What an early transaction wrote has long been counted, what ours writes has not."""
    with connection.cursor() as cursor:
        transaction_id = "-1" if is_counted else "pg_current_xact_id()::text::bigint"
        cursor.execute(
            "INSERT INTO analytics_event (event_type, session_id, occurred_at, received_at, transaction)"
            f" VALUES ('screen.view', 'session', now(), %s, {transaction_id}) RETURNING tableoid::regclass::text",
            [received_at],
        )
        return str(cursor.fetchone()[0])


def places() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM analytics_event ORDER BY received_at")
        return [row[0] for row in cursor.fetchall()]


def forget_the_days_of(year: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE %s", [f"analytics_event_{year}%"])
        for (name,) in cursor.fetchall():
            if name.count("_") == 2 and len(name) == len("analytics_event_20310510"):
                cursor.execute(f"DROP TABLE {name}")


def test_days_are_made_ahead_and_what_was_caught_meanwhile_moves_into_its_own() -> None:
    assert write(FAR) == write(FAR + timedelta(days=1)) == "analytics_event_rest"
    before = list(Event.objects.order_by("received_at").values())

    days.prepare(now=FAR)
    days.prepare(now=FAR)

    assert places() == ["analytics_event_20310510", "analytics_event_20310511"]
    assert list(Event.objects.order_by("received_at").values()) == before
    assert write(FAR + days.AHEAD) == "analytics_event_20310517"
    assert days.is_prepared(now=FAR)
    assert not days.is_prepared(now=FAR + days.AHEAD)


def test_a_day_of_its_own_has_the_indexes_of_all_events() -> None:
    days.prepare(now=FAR)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_index i JOIN pg_inherits h ON h.inhrelid = i.indexrelid"
            " WHERE i.indrelid = 'analytics_event_20310510'::regclass"
        )
        assert cursor.fetchone()[0] == len(Event._meta.indexes)


def test_a_day_that_is_not_all_counted_is_not_dropped() -> None:
    days.prepare(now=FAR - timedelta(days=3))
    write(FAR - timedelta(days=3), is_counted=False)

    assert days.drop_older(2, now=FAR) is None

    assert Event.objects.filter(received_at=FAR - timedelta(days=3)).exists()


def test_days_older_than_what_is_kept_are_dropped_whole() -> None:
    days.prepare(now=FAR - timedelta(days=3))
    for back in (40, 3, 2, 1):
        write(FAR - timedelta(days=back))

    assert (days.drop_older(2, now=FAR) or 0) >= 1

    assert [event.received_at for event in Event.objects.order_by("received_at")] == [
        FAR - timedelta(days=2),
        FAR - timedelta(days=1),
    ]
    assert Fold.objects.get().raw_since == (FAR - timedelta(days=2)).date(), "what was counted of it stays as it is"


def test_ids_are_forgotten_with_their_events() -> None:
    for n, back in enumerate((100, 99, 1)):
        SeenEvent.objects.create(pk=f"{n:032x}", seen_at=datetime.now(UTC) - timedelta(days=back))

    assert days.forget_seen(90, now=datetime.now(UTC)) == 2
    assert SeenEvent.objects.get().pk.int == 2


def test_the_housekeeping_keeps_what_its_setting_says() -> None:
    write(datetime.now(UTC))
    write(datetime.now(UTC) - timedelta(days=settings.TELEMETRY_KEEP_DAYS + 1))

    tasks.tidy_telemetry()
    tasks.keep_a_day_ahead()

    assert Event.objects.count() == 1
    assert days.is_prepared(now=datetime.now(UTC) + timedelta(days=6))


@pytest.mark.django_db(transaction=True)
def test_two_that_make_the_same_days_at_once_take_turns() -> None:
    def prepare(_: int) -> None:
        try:
            days.prepare(now=FAR)
        finally:
            connection.close()

    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(prepare, range(4)))
        assert days.is_prepared(now=FAR)
    finally:
        forget_the_days_of(2031)
