"""Finding a picture that another seller shows already, among a million: by the index of bands, beside reading all.

Half of the fingerprints are any, and half are as of pale pictures with few dark parts: these share many bands.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from _load import SHORT
from _own_database import own_database

PICTURES = 50_000 if SHORT else 1_000_000
LISTINGS = 1_000
ASKED = 20 if SHORT else 100
LEAST = 10.0  # times as fast as reading all

# Each of four bands of 16 bits, of which a pale picture sets a quarter; triggers and references are of no interest
FILL = f"""
SET statement_timeout = 0;
SET session_replication_role = replica;
SELECT setseed(0.5);
INSERT INTO listings_listing (id, seller_id, title, category_id, price_cents, quantity, reserved, sold, currency,
  price_suggestion_used, quick_view_enabled, state, hidden_reason, seller_is_active, version, search)
SELECT ('0197' || lpad(to_hex(n), 28, '0'))::uuid, gen_random_uuid(), 'Thing', gen_random_uuid(), 1, 1, 0, 0, 'COP',
  false, true, 'live', '', true, 1, '' FROM generate_series(1, {LISTINGS}) n;
INSERT INTO listings_photo (id, listing_id, storage_key, position, state, trouble, content_type, size_bytes, colour,
  fingerprint, attempts)
SELECT ('0198' || lpad(to_hex(n), 28, '0'))::uuid, ('0197' || lpad(to_hex(1 + n % {LISTINGS}), 28, '0'))::uuid,
  'k' || n, 0, 'ready', '', 'image/jpeg', 1, '', CASE WHEN n % 2 = 0 THEN one ELSE one & other END, 0
FROM (
  SELECT n, ((random() * 4294967295)::bigint << 32) | (random() * 4294967295)::bigint AS one,
    ((random() * 4294967295)::bigint << 32) | (random() * 4294967295)::bigint AS other
  FROM generate_series(1, {PICTURES}) n) drawn;
SET session_replication_role = DEFAULT;
"""


def fill() -> dict[str, list[int]]:
    """Fingerprints to ask for, of each kind."""
    from django.db import connection

    from listings.models import Photo

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('photo_lookalikes'::regclass)")
        (index,) = cursor.fetchone()
        cursor.execute("DROP INDEX photo_lookalikes")  # made at once it is there sooner
        cursor.execute(FILL)
        cursor.execute(index)
        cursor.execute("VACUUM ANALYZE listings_listing, listings_photo")
        cursor.execute("RESET statement_timeout")
    some = Photo.objects.order_by("?").values_list("storage_key", "fingerprint")[: 2 * ASKED]
    kinds: dict[str, list[int]] = {"any": [], "pale": []}
    for key, fingerprint in some:
        kinds["pale" if int(key[1:]) % 2 else "any"].append(altered(fingerprint))
    return kinds


def milliseconds(find: Callable[[int], object], asked: Sequence[int]) -> float:
    took = []
    for fingerprint in asked:
        started = time.perf_counter()
        find(fingerprint)
        took.append((time.perf_counter() - started) * 1_000)
    return statistics.median(took)


def by_bands(fingerprint: int) -> object:
    from django.db import transaction

    from listings.services.pictures import lookalikes

    with transaction.atomic():
        return lookalikes.nearest(fingerprint, not_by=UUID(int=0))


def by_reading_all(fingerprint: int) -> object:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM listings_photo WHERE state = 'ready' AND bit_count((fingerprint # %s)::bit(64)) <= 6"
            " ORDER BY id LIMIT 1",
            [fingerprint],
        )
        return cursor.fetchone()


def altered(fingerprint: int) -> int:
    """Six of its bits turned: the least alike that still counts."""
    bits = random.Random(fingerprint).sample(range(63), 6)
    return fingerprint ^ sum(1 << bit for bit in bits)


def main() -> int:
    with own_database("bench_lookalikes"):
        kinds = fill()
        assert all(by_bands(fingerprint) is not None for asked in kinds.values() for fingerprint in asked[:5])
        took = {kind: milliseconds(by_bands, asked) for kind, asked in kinds.items()}
        everything = milliseconds(by_reading_all, kinds["any"][:5])
        _close()
    print(f"\n{PICTURES:,} pictures{' (short form)' if SHORT else ''}, reading all of them {everything:.1f} ms")
    for kind, bands in took.items():
        print(f"  {kind:6}{bands:>8.1f} ms by bands: {everything / bands:.1f} times as fast")
    held = everything / took["any"] >= LEAST
    print(f"  {'✓' if held else '✗'} at least {LEAST:.0f} x as fast for any picture")
    return 0 if SHORT or held else 1


def _close() -> None:
    from django.db import connections

    connections.close_all()


if __name__ == "__main__":
    sys.exit(main())
