"""Listings by the hundred thousand, their stamps, and a phone that is a page behind. Inside `own_database` only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

# Words and the newest are not what is measured: their triggers rest, those of deltas and cards do not have to
FILL = """
SET LOCAL session_replication_role = replica;
INSERT INTO listings_listing (id, seller_id, title, description, category_id, price_cents, currency, condition,
  quantity, reserved, sold, price_suggestion_used, quick_view_enabled, state, hidden_reason, seller_is_active, version)
SELECT gen_random_uuid(), %(seller)s, 'Lenovo ThinkPad X1 ' || n, repeat('Poco uso, con cargador. ', 6), %(category)s,
  100000 + n, 'COP', 'used', 1, 0, 0, false, true, 'live', '', true, 1
FROM generate_series(1, %(many)s) n;
SELECT listings_draw_all();
INSERT INTO sync_index (kind, entity, scope, passing)
SELECT 3, id, '00000000-0000-0000-0000-000000000000', false FROM listings_listing ON CONFLICT DO NOTHING
"""
CHANGE = """
UPDATE listings_listing SET price_cents = price_cents + 1, version = version + 1
WHERE id IN (SELECT id FROM listings_listing TABLESAMPLE system_rows(%s))
"""


def fill(many: int) -> None:
    from django.db import connection, transaction

    from accounts.models import User
    from listings.models import Category

    seller, _ = User.objects.get_or_create(username="bench-seller", defaults={"name": "Bench"})
    category = Category.objects.get(slug="laptops")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for statement in FILL.split(";"):
            cursor.execute(statement, {"seller": seller.pk, "category": category.pk, "many": many})
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE listings_listing, listings_card, sync_index")
        cursor.execute("CREATE EXTENSION IF NOT EXISTS tsm_system_rows")


def fall_behind(person: UUID, changes: int) -> str:
    """A cursor, and so many changes since."""
    from django.db import connection

    from marketplace.sync import clock, places

    clock.note()
    horizon = clock.horizon()
    with connection.cursor() as cursor:
        cursor.execute(CHANGE, [changes])
        assert cursor.rowcount == changes
    place = places.Place(horizon.generation, horizon.next_one, datetime.now(UTC))
    return places.written(place, owner=str(person))


def triggers() -> list[tuple[str, str]]:
    """Table and name of each that stamps."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
            " WHERE tgname IN ('sync_came', 'sync_changed', 'sync_gone')"
        )
        found: list[Any] = cursor.fetchall()
    return found


def switch(on: bool, every: list[tuple[str, str]]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table, name in every:
            cursor.execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} TRIGGER {name}")
