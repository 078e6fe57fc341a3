"""What is forgotten, when, and who is told; and what a restored database says to phones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.management import call_command

from accounts.models import User
from listings.models import Favourite, Listing
from marketplace.common import metrics
from marketplace.sync import clock, housekeeping
from marketplace.sync.models import Epoch, Log, Stamp
from marketplace.sync.tests.conftest import Phone
from marketplace.sync.tests.copies import anew
from marketplace.sync.tests.writers import writers
from marketplace.tests.ended import until_all_have_ended, until_none_is_older_than

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_is_forgotten_yet() -> Iterator[None]:
    """That row is there for all tests."""
    yield
    Log.objects.update(min_floor=0)


def age(days: int) -> None:
    """All that was noted until now was noted so long ago."""
    until_all_have_ended()
    clock.note()
    for epoch in Epoch.objects.order_by("at"):
        Epoch.objects.filter(pk=epoch.pk).update(at=epoch.at - timedelta(days=days))


def test_tombstones_are_kept_for_ninety_days(phone: Phone, buyer: User, listing: Listing) -> None:
    Favourite.objects.create(user=buyer, listing=listing)
    copy = phone(buyer)
    Favourite.objects.all().delete()
    age(89)
    assert housekeeping.tidy() == 0

    assert copy.pull().is_told("deleted favourites", listing.pk)


def test_then_they_go_and_copies_that_would_need_them_begin_anew(phone: Phone, buyer: User, listing: Listing) -> None:
    Favourite.objects.create(user=buyer, listing=listing)
    old = phone(buyer)
    Favourite.objects.all().delete()
    until_all_have_ended()
    current = phone(buyer)
    live = Stamp.objects.filter(passing=False).count()
    age(91)

    assert housekeeping.tidy() == 1
    assert Stamp.objects.filter(passing=False).count() == live
    assert old.client.get("/v1/sync/delta", {"cursor": old.cursor}).status_code == 410
    assert current.pull().everything == anew(current)


def test_a_restored_database_begins_a_new_generation(phone: Phone, buyer: User, listing: Listing) -> None:
    """Also where the ids in it are ahead of the server's."""
    copy = phone(buyer)
    Stamp.objects.update(xid=2**50)
    before = Log.objects.get().generation

    call_command("sync_new_generation", verbosity=0)

    assert Log.objects.get().generation != before
    reply = copy.client.get("/v1/sync/delta", {"cursor": copy.cursor})
    assert (reply.status_code, reply.json()["code"]) == (410, "cursor_expired")
    by_time = copy.client.get("/v1/sync/delta", {"since": copy.answers[0]["server_time"]})
    assert by_time.json()["reset"] is True
    began = phone(buyer)
    assert str(listing.pk) in began.items["listings"]
    Listing.objects.update(price_cents=1)
    assert began.pull().items["listings"][str(listing.pk)]["price_cents"] == 1


def test_who_holds_everything_up_is_seen(listing: Listing, make_listing: Callable[..., Listing]) -> None:
    with writers(1) as (writer,):
        writer.price(listing.pk, 1)
        until_none_is_older_than(writer.take_a_number())
        clock.note()
        Epoch.objects.update(at=clock.now() - timedelta(seconds=90))
        make_listing()

        (_, seconds) = housekeeping.gauges()["sync_watermark_held_seconds"]
        assert seconds > 89
        assert b"sync_watermark_held_seconds" in metrics.exposition()
    until_all_have_ended()
    assert housekeeping.gauges()["sync_watermark_held_seconds"][1] == 0


def test_epochs_are_noted_by_whoever_comes_when_the_last_is_old() -> None:
    clock.now()
    clock.now()
    assert Epoch.objects.count() == 1

    Epoch.objects.update(at=clock.now() - timedelta(seconds=31))
    clock.now()
    assert Epoch.objects.count() == 2
