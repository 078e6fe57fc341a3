"""Roll-ups are proved and rebuilt, outlive their raw events, and move to another cluster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from analytics import tasks
from analytics.models import Day, DayCount, DayMember, Event, Fold
from analytics.querysets.questions import answer
from analytics.querysets.window import Window
from analytics.services import proving, rebuilding, summarizing
from analytics.tests.test_rollups_agree import agree
from analytics.tests.writing import Said, fold_all, write
from listings.models import Listing
from marketplace.tests.ended import until_all_have_ended

pytestmark = pytest.mark.django_db(transaction=True)

MAY = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOW = Window(MAY.replace(hour=0, minute=0), MAY.replace(hour=0, minute=0) + 3 * DAY)
BETWEEN: dict[str, Any] = {"since": MAY.date(), "until": (MAY + 3 * DAY).date()}


@pytest.fixture
def folded(make_listing: Callable[..., Listing]) -> Listing:
    viewed = make_listing()
    write(
        *(Said("ui.click", MAY + n * DAY, properties={"button": "buy"}, session=f"session-{n}") for n in range(3)),
        Said("feature.used", MAY, listing=viewed.pk, properties={"feature_key": "quick_view"}),
    )
    fold_all()
    return viewed


def test_what_agrees_is_told(folded: Listing) -> None:
    told = StringIO()
    call_command("prove_rollups", since=BETWEEN["since"], until=BETWEEN["until"], stdout=told)
    assert told.getvalue() == "4 days: everything agrees.\n"


@pytest.mark.parametrize("kind", ["event", "click", "users", "sessions", "viewed", "quick_view"])
def test_what_differs_is_found_and_repaired(folded: Listing, kind: str) -> None:
    DayCount.objects.filter(kind=kind, day=MAY.date()).update(n=7)

    found = proving.prove(**BETWEEN, repair=True).differences
    assert {(each.day, each.kind, each.rolled) for each in found} == {(MAY.date(), kind, 7)}
    assert proving.prove(**BETWEEN).is_ok
    agree(WINDOW)


def test_the_command_fails_when_something_differs(folded: Listing) -> None:
    DayCount.objects.filter(kind="event", key="ui.click", day=MAY.date()).delete()
    told = StringIO()
    with pytest.raises(SystemExit):
        call_command("prove_rollups", since=BETWEEN["since"], until=BETWEEN["until"], stdout=told)
    assert "2026-05-04 event ui.click: 0 rolled up, 1 in truth" in told.getvalue()


def test_all_can_be_rebuilt(folded: Listing) -> None:
    DayCount.objects.all().delete()
    DayMember.objects.all().delete()
    write(Said("ui.click", MAY))  # not folded yet, and not counted twice

    call_command("rebuild_rollups", since=BETWEEN["since"], until=BETWEEN["until"], stdout=StringIO())
    agree(WINDOW)
    fold_all()
    agree(WINDOW)


def test_days_whose_raw_events_are_gone_keep_their_numbers(folded: Listing) -> None:
    before = answer("2_1", WINDOW)
    write(Said("ui.click", MAY))
    assert not rebuilding.let_raw_go(datetime.now(UTC).date() + DAY)  # one of them is in no roll-up yet
    fold_all()
    assert rebuilding.let_raw_go(datetime.now(UTC).date() + DAY)
    Event.objects.all().delete()

    rebuilding.rebuild(**BETWEEN)
    assert proving.prove(**BETWEEN, repair=True).is_ok
    rows = answer("2_1", WINDOW)
    assert [row["count"] for row in rows] == [
        row["count"] + (row["day"] == "2026-05-04" and row["event_type"] == "ui.click") for row in before
    ]


def test_restored_in_another_cluster_all_is_read_anew(folded: Listing) -> None:
    """Rows and bound carry ids of a life in which far more had happened."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE analytics_event SET transaction = transaction + 1000000000")
    Fold.objects.update(cluster="another", below=2_000_000_000)
    write(Said("ui.click", MAY))

    until_all_have_ended()
    tasks.fold_events()
    agree(WINDOW)
    write(Said("ui.click", MAY))
    agree(WINDOW)
    until_all_have_ended()
    tasks.fold_events()
    agree(WINDOW)
    assert proving.prove(**BETWEEN).is_ok


def test_a_listing_known_later_than_its_views_is_found_at_night(folded: Listing, make_listing: Any) -> None:
    late = make_listing()
    used = {"feature_key": "quick_view"}
    write(Said("feature.used", MAY, listing=late.pk, properties=used))
    fold_all()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE analytics_viewedlisting SET category_id = NULL WHERE listing_id = %s", [late.pk])
        cursor.execute("UPDATE analytics_daycount SET n = n - 1 WHERE kind = 'quick_view'")

    assert tasks.prove_rollups() == 0
    agree(WINDOW)


def test_a_closed_day_that_differs_is_opened_again(make_listing: Callable[..., Listing]) -> None:
    made = make_listing()
    Listing.objects.filter(pk=made.pk).update(created_at=MAY)
    tasks.close_days()
    assert Day.objects.get(of="listings", day=MAY.date()).is_closed
    DayCount.objects.filter(kind="listing", day=MAY.date()).update(n=5)

    found = proving.prove(**BETWEEN, repair=True).differences
    assert [(each.kind, each.rolled, each.true) for each in found] == [("listing", 5, 1)]
    agree(WINDOW)


def test_the_last_pages_of_a_day_are_summed_up_so_that_nobody_reads_them_in_vain(folded: Listing) -> None:
    summarizing.summarize()
    assert summarizing.summarize() == 0
    agree(WINDOW)
