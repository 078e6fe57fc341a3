"""Workers killed with -9 in the middle of pictures: every picture ends ready, and is announced once."""

from __future__ import annotations

import io
import os
import random
import time

import django
import psycopg
from _stack import ENVIRONMENT, Tally, Worker, prepare, running, size

os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="marketplace.settings", PROCESS_NAME="drill", DEMO_DATA="off")


def upload(count: int) -> str:
    """Confirmed pictures of one listing, as a phone would have left them; the listing's key."""
    from django.utils import timezone
    from PIL import Image

    from accounts.models import User
    from listings.models import Category
    from listings.services import listings, photos
    from marketplace.common.storage import get_store, incoming_key

    seller = User.objects.create(username=f"drill-{time.time_ns()}")
    body = io.BytesIO()
    Image.effect_mandelbrot((2400, 1800), (-2, -1, 1, 1), 60).convert("RGB").save(body, "JPEG")
    facts = {"title": "Drill", "price_cents": 1, "category": Category.objects.earliest("created_at")}
    made = [listings.offer(seller, facts=facts) for _ in range(-(-count // 10))]
    for n in range(count):
        listing = made[n // 10]
        key, _ = photos.presign(
            listing.pk, owner=seller, extension="jpg", content_type="image/jpeg", size=None, max_bytes=10**8
        )
        get_store().save(incoming_key(key), io.BytesIO(body.getvalue()), content_type="image/jpeg")
        photos.confirm(listing.pk, owner=seller, object_key=key, max_bytes=10**8, now=timezone.now())
    return str(seller.pk)


OF = "FROM listings_photo p JOIN listings_listing l ON l.id = p.listing_id WHERE l.seller_id = %s"


def ask(query: str, *values: object) -> int:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute(query, values).fetchone()
        return int(row[0]) if row else 0


def end_leases() -> None:
    """A killed worker's claims are free after three minutes; a drill does not wait for that."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("UPDATE listings_photo SET due_at = now() WHERE due_at > now()")


def main() -> None:
    tally = Tally("Pictures: workers killed while they render")
    count, kills = 30, size(20, 2)
    seller = upload(count)
    worker = Worker()
    with running(worker):
        for _ in range(kills):
            time.sleep(random.uniform(2.5, 4))
            worker.kill()
            end_leases()
            worker.start()
        deadline = time.monotonic() + 120
        while ask(f"SELECT count(*) {OF} AND p.due_at IS NOT NULL", seller) and time.monotonic() < deadline:
            time.sleep(0.2)
    tally.expect(
        f"after {kills} worker kills, pictures ready", ask(f"SELECT count(*) {OF} AND p.state = 'ready'", seller), count
    )
    announced = (
        f"FROM common_outboxevent e WHERE e.kind = 'photo.ready' AND e.payload->>'photo_id' IN (SELECT p.id::text {OF})"
    )
    tally.expect("announced", ask(f"SELECT count(*) {announced}", seller), count)
    tally.expect(
        "announced twice", ask(f"SELECT count(*) - count(DISTINCT payload->>'photo_id') {announced}", seller), 0
    )
    tally.finish()


if __name__ == "__main__":
    prepare()
    django.setup()
    main()
