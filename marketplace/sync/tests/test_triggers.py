"""Each table that phones have a copy of tells what happens to it, whoever writes, and nothing that nobody sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Max

from accounts.models import User
from chat.models import Member, Room
from chat.services import opening
from listings.models import Listing
from marketplace.sync.models import Stamp
from marketplace.sync.registry import registry

pytestmark = pytest.mark.django_db

OWN = sorted({table for entry in registry.entries for table in entry.tables})
PARTS = sorted({table for entry in registry.entries for table in entry.parts})
WHOLE = {"sync_came", "sync_changed", "sync_gone", "sync_not_emptied"}


def triggers_of(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O' AND NOT tgisinternal",
            [table],
        )
        return {name for (name,) in cursor.fetchall() if name.startswith("sync_")}


@pytest.mark.parametrize("table", OWN)
def test_every_table_has_its_triggers(table: str) -> None:
    assert triggers_of(table) == {*WHOLE, "sync_key_kept"}


@pytest.mark.parametrize("table", PARTS)
def test_what_items_are_made_of_has_some(table: str) -> None:
    assert triggers_of(table) >= {
        "chat_event": {"sync_came"},  # append-only
        "chat_upload": {"sync_changed"},  # until a message carries it, nobody sees it
        "accounts_user": {"sync_changed"},  # whoever has said something is never deleted
    }.get(table, WHOLE)


def test_no_table_is_emptied_unheard() -> None:
    with pytest.raises(DatabaseError, match="phones hold copies"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_notification CASCADE")


def test_a_thing_keeps_its_key(listing: Listing) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE listings_listing SET id = gen_random_uuid()")


@pytest.fixture
def stamped() -> Callable[[], int]:
    """How many stamps there are since one last asked."""
    last = [0]

    def count() -> int:
        before, last[0] = last[0], Stamp.objects.aggregate(most=Max("seq"))["most"] or 0
        return Stamp.objects.filter(seq__gt=before).count()

    return count


def test_what_nobody_sees_costs_no_stamp(stamped: Callable[[], int], buyer: User, listing: Listing) -> None:
    room, _ = opening.about_listing(buyer, listing.pk)
    stamped()

    Listing.objects.update(hidden_reason="", title="Calculadora")
    Member.objects.update(last_delivered_seq=3, notified_seq=2, hidden_seq=1)
    Room.objects.filter(pk=room.pk).update(last_seq=5, rules=7, payment_confirmed_at=None)
    User.objects.update(campus="Gustavo Galindo", last_login="2026-01-01T00:00:00Z")
    Listing.objects.filter(title="nothing like it").update(title="x")

    assert stamped() == 0


def test_a_message_costs_one_stamp_and_an_order_two_and_its_listing(
    stamped: Callable[[], int], buyer: User, make_listing: Callable[..., Listing]
) -> None:
    from chat.services import sending
    from orders.services import placing

    listing = make_listing(of=3)
    room, _ = opening.about_listing(buyer, listing.pk)
    stamped()

    sending.send(buyer, room.pk, sending.Draft("hola"))
    assert stamped() == 1

    placing.place(buyer, placing.Wish(listing.pk))
    assert stamped() == 3


def test_a_change_of_many_rows_by_one_statement_stamps_each_of_them(
    stamped: Callable[[], int], make_listing: Callable[..., Listing]
) -> None:
    for _ in range(5):
        make_listing()
    stamped()

    with connection.cursor() as cursor:
        cursor.execute("UPDATE listings_listing SET price_cents = price_cents + 1")

    assert stamped() == 5
