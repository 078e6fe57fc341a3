"""Transactions that end in the wrong order: step by step, those in which other ways of asking lose a change."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection

from listings.models import Listing
from marketplace.sync.tests.conftest import Phone
from marketplace.sync.tests.copies import Copy, anew
from marketplace.sync.tests.writers import writers
from marketplace.tests.ended import until_all_have_ended

pytestmark = pytest.mark.django_db(transaction=True)

Things = list[UUID]


@pytest.fixture
def things(make_listing: Callable[..., Listing]) -> Things:
    return [make_listing().pk for _ in range(3)]


def price(copy: Copy, key: UUID) -> int:
    return int(copy.items["listings"][str(key)]["price_cents"])


def delete(key: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM listings_listingprice WHERE listing_id = %s", [key])
        cursor.execute("DELETE FROM listings_card WHERE listing_id = %s", [key])
        cursor.execute("DELETE FROM listings_fresh WHERE listing_id = %s", [key])
        cursor.execute("DELETE FROM listings_listing WHERE id = %s", [key])


def test_a_the_older_commits_after_the_younger_was_read(phone: Phone, things: Things) -> None:
    copy = phone(None)
    with writers(2) as (older, younger):
        older.price(things[0], 1)
        younger.price(things[1], 2)
        younger.commit()
        copy.pull()
        older.commit()

    assert price(copy.pull(), things[0]) == 1


def test_b_what_is_committed_is_there_at_once_while_an_older_one_runs(phone: Phone, things: Things) -> None:
    copy = phone(None)
    with writers(2) as (older, younger):
        older.take_a_number()
        younger.price(things[1], 2)
        younger.commit()

        assert price(copy.pull(), things[1]) == 2


def test_c_a_commit_between_two_pages(phone: Phone, things: Things) -> None:
    copy = Copy(phone(None).client, limit=4)
    with writers(1) as (writer,):
        writer.take_a_number()
        copy.page()
        writer.price(things[0], 1)
        writer.commit()
    copy.pull()
    copy.pull()

    assert copy.everything == anew(copy)


def test_d_a_deletion_between_two_pages_of_a_first_pass(phone: Phone, things: Things) -> None:
    copy = Copy(phone(None).client, limit=10)
    copy.page()
    assert str(things[0]) in copy.items["listings"]

    delete(things[0])
    copy.pull()

    assert str(things[0]) not in copy.items["listings"]


def test_e_what_was_rolled_back_has_not_happened(phone: Phone, things: Things) -> None:
    copy = phone(None)
    before = copy.everything
    with writers(1) as (writer,):
        writer.price(things[0], 1)
        copy.pull()
        writer.rollback()

    assert copy.pull().everything == before


def test_f_one_thing_changes_a_hundred_times_while_somebody_pages(phone: Phone, things: Things) -> None:
    copy = Copy(phone(None).client, limit=1)
    with writers(1) as (writer,):
        for cents in range(100):
            writer.price(things[0], cents)
            writer.commit()
            if cents % 10 == 0:
                copy.page()
    copy.pull()
    copy.pull()

    assert price(copy, things[0]) == 99
    assert copy.everything == anew(copy)


def test_g_an_older_one_changes_what_a_younger_one_has_changed(phone: Phone, things: Things) -> None:
    """Its stamp goes backwards."""
    copy = phone(None)
    with writers(2) as (older, younger):
        older.take_a_number()
        younger.price(things[0], 2)
        younger.commit()
        copy.pull()
        older.price(things[0], 1)
        older.commit()

    assert price(copy.pull(), things[0]) == 1


def test_h_a_savepoint_that_was_rolled_back(phone: Phone, things: Things) -> None:
    copy = phone(None)
    with writers(1) as (writer,):
        writer.execute("SAVEPOINT kept")
        writer.price(things[0], 1)
        writer.execute("RELEASE kept")
        writer.execute("SAVEPOINT lost")
        writer.price(things[1], 2)
        writer.execute("ROLLBACK TO lost")
        copy.pull()
        writer.commit()
    copy.pull()

    assert (price(copy, things[0]), price(copy, things[1]) == 2) == (1, False)
    assert copy.everything == anew(copy)


def test_i_a_phone_dies_in_the_middle_and_begins_where_it_was(phone: Phone, things: Things) -> None:
    copy = phone(None)
    kept = copy.cursor
    with writers(1) as (writer,):
        for key in things:
            writer.price(key, 7)
            writer.commit()
        lost = Copy(copy.client, limit=1)
        lost.cursor = kept
        lost.page()
        lost.page()

    assert [price(copy.pull(), key) for key in things] == [7, 7, 7]


@pytest.mark.parametrize("is_first_noted", [True, False])
def test_since_finds_what_was_running_then(
    phone: Phone, things: Things, monkeypatch: pytest.MonkeyPatch, is_first_noted: bool
) -> None:
    """A time between the stamp and the commit of an old transaction leads to a floor below both."""
    from datetime import timedelta

    from marketplace.sync import clock

    monkeypatch.setattr(clock, "SLACK", timedelta())
    copy = phone(None)
    until_all_have_ended()
    with writers(2) as (older, younger):
        if is_first_noted:
            clock.note()
        older.price(things[0], 1)
        younger.price(things[1], 2)
        younger.commit()
        clock.note()
        copy.pull(since=copy.page()["server_time"])
        time_between = copy.answers[-1]["server_time"]
        older.commit()

    assert price(copy.pull(since=time_between), things[0]) == 1
    assert len(copy.answers[-1]["listings"]) < 3, "and not simply everything"


@pytest.mark.parametrize("seconds_ahead", [10, 55])
def test_since_of_a_clock_that_is_a_little_fast_loses_nothing(phone: Phone, things: Things, seconds_ahead: int) -> None:
    """The campus guide's `setLastSinceIso(DateTime.now()…)` keeps the phone's own time, not our `server_time`."""
    from datetime import datetime, timedelta

    from marketplace.sync import clock

    copy = phone(None)
    answered_at = datetime.fromisoformat(copy.page()["server_time"])
    with writers(1) as (writer,):
        writer.price(things[0], 1)
        writer.commit()
    until_all_have_ended()
    clock.note()

    copy.pull(since=(answered_at + timedelta(seconds=seconds_ahead)).isoformat())

    assert price(copy, things[0]) == 1


def test_a_later_epoch_never_has_an_earlier_floor_also_when_the_clock_goes_back(things: Things) -> None:
    from datetime import timedelta

    from marketplace.sync import clock
    from marketplace.sync.models import Epoch

    clock.note()
    Epoch.objects.update(at=clock.now() + timedelta(minutes=10))
    first = Epoch.objects.get()
    clock.note()

    last = Epoch.objects.latest("at")
    assert last.at > first.at
    assert last.floor_xid >= first.floor_xid
    assert clock.now() > last.at


def test_ids_that_a_crash_forgets_are_not_counted_as_read(phone: Phone, things: Things) -> None:
    """A transaction that left no trace took an id, and after a crash another one may get the same."""
    from marketplace.sync import places

    copy = phone(None)
    with writers(1) as (writer,):
        forgotten = writer.take_a_number()
        writer.rollback()
    copy.pull()

    assert places.read(copy.cursor, owner="catalog").fresh_from <= forgotten


def test_a_copy_in_which_nothing_happens_is_not_forgotten_with_the_tombstones_of_others(
    phone: Phone, things: Things
) -> None:
    """It stands where all was well a moment ago, not at its own last change."""
    from marketplace.sync import clock
    from marketplace.sync.models import Log

    with writers(1) as (writer,):
        for _ in range(3):
            writer.take_a_number()
            writer.commit()
    clock.note()
    Log.objects.update(min_floor=clock.horizon().long_ended)
    copy = phone(None)
    try:
        assert copy.pull().everything == anew(copy)
    finally:
        Log.objects.update(min_floor=0)
