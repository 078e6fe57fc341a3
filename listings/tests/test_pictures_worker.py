"""The worker: the queue of pictures, removed files, look-alikes, orphans and pictures made anew."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from PIL import Image

from accounts.models import User
from listings.models import Listing, ListingFlag, Photo, RemovedPhoto
from listings.models.photo import keys_of
from listings.pictures.painter import PainterLost, painter
from listings.services import photos
from listings.services.pictures import removal, upkeep, work
from listings.tests.studio import ADDRESS, Studio, drawn, encoded, jpeg
from marketplace.common.errors import InvalidInput
from marketplace.common.models import OutboxEvent
from marketplace.common.storage import StorageUnavailable, get_store, incoming_key
from marketplace.common.storage.local import LocalStore

pytestmark = pytest.mark.django_db


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def make_due() -> None:
    Photo.objects.filter(due_at__isnull=False).update(due_at=Now())
    RemovedPhoto.objects.filter(due_at__isnull=False).update(due_at=Now())


def test_a_picture_that_kills_its_decoder_five_times_is_broken(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = local_studio.confirmed(seller, make_listing(), jpeg())
    monkeypatch.setattr(painter, "render", raising(PainterLost()))

    for attempt in range(1, work.MAX_ATTEMPTS + 1):
        photo.refresh_from_db()
        assert (photo.state, photo.attempts) == ("waiting", attempt - 1)
        make_due()
        assert work.work_off_due() == 1
    photo.refresh_from_db()

    assert (photo.state, photo.due_at, photo.trouble) == ("broken", None, "the decoder died of it")


def test_a_picture_that_kills_its_worker_five_times_is_broken(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = local_studio.confirmed(seller, make_listing(), jpeg())
    with monkeypatch.context() as deadly:
        deadly.setattr(painter, "render", raising(SystemExit()))  # type: ignore[arg-type]
        for _ in range(work.MAX_ATTEMPTS):
            make_due()
            with pytest.raises(SystemExit):
                work.work_off_due()

    make_due()
    work.work_off_due()
    photo.refresh_from_db()
    assert (photo.state, photo.trouble) == ("broken", "no worker survived it")


def test_F11_a_store_that_is_away_for_long_breaks_no_picture(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = local_studio.confirmed(seller, make_listing(), jpeg())
    with monkeypatch.context() as away:
        away.setattr(LocalStore, "save", raising(StorageUnavailable()))
        for _ in range(work.MAX_ATTEMPTS * 2):
            make_due()
            assert work.work_off_due() == 1
    photo.refresh_from_db()
    assert (photo.state, photo.attempts) == ("waiting", 0)
    assert photo.due_at is not None

    make_due()
    work.work_off_due()
    photo.refresh_from_db()
    assert photo.state == "ready"


def test_one_bad_picture_does_not_hold_up_the_others(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    made = [local_studio.confirmed(seller, listing, body) for body in (jpeg(), b"\xff\xd8\xff junk", jpeg(300, 200))]
    get_store().delete(made[0].original_key)

    assert work.work_off_due() == 3

    assert list(Photo.objects.in_order().values_list("state", flat=True)) == ["broken", "broken", "ready"]
    assert Photo.objects.get(pk=made[0].pk).trouble == "the upload is gone"


def test_files_of_a_removed_picture_go_after_the_commit(
    studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    photo = studio.finished(seller, listing, jpeg())
    client, url = studio.signed_in(seller), f"/v1/listings/{listing.pk}/photos/{photo.pk}"

    assert client.delete(url).status_code == 204
    assert client.delete(url).status_code == 404
    assert len(studio.stored_keys(listing)) == 4
    assert removal.delete_due() == 1

    assert studio.stored_keys(listing) == set()
    assert studio.get(f"{ADDRESS}/media/{photo.storage_key}").status == 404
    assert OutboxEvent.objects.get(kind="photo.removed").payload["photo_id"] == str(photo.pk)
    assert Listing.objects.get(pk=listing.pk).version == 4


def test_F11_deleting_files_is_tried_until_it_works(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = make_listing()
    photo = local_studio.finished(seller, listing, jpeg())
    local_studio.signed_in(seller).delete(f"/v1/listings/{listing.pk}/photos/{photo.pk}")
    with monkeypatch.context() as away:
        away.setattr(LocalStore, "delete", raising(StorageUnavailable()))
        for _ in range(20):
            make_due()
            assert removal.delete_due() == 1
    assert len(local_studio.stored_keys(listing)) == 4

    make_due()
    assert removal.delete_due() == 1
    assert local_studio.stored_keys(listing) == set()
    removal.forget_done(now=timezone.now())
    assert RemovedPhoto.objects.count() == 1
    removal.forget_done(now=timezone.now() + timedelta(days=2))
    assert not RemovedPhoto.objects.exists()


class TestLookalikes:
    def test_a_picture_of_another_sellers_listing_is_flagged_once(
        self, local_studio: Studio, seller: User, stranger: User, make_listing: Callable[..., Listing]
    ) -> None:
        theirs, mine = make_listing(), make_listing(by=stranger)
        local_studio.finished(seller, theirs, jpeg(800, 600))

        copy = local_studio.finished(stranger, mine, encoded(drawn(800, 600).resize((400, 300)), "JPEG", quality=60))
        local_studio.finished(stranger, mine, jpeg(640, 480))

        flag = ListingFlag.objects.get()
        assert (flag.listing_id, flag.kind, flag.state) == (mine.pk, "picture", "open")
        assert (flag.facts["photo"], flag.facts["other_listing"]) == (str(copy.pk), str(theirs.pk))
        assert flag.facts["distance"] <= 6

    def test_what_a_moderator_has_dismissed_is_not_asked_again(
        self, local_studio: Studio, seller: User, stranger: User, make_listing: Callable[..., Listing]
    ) -> None:
        local_studio.finished(seller, make_listing(), jpeg())
        local_studio.finished(stranger, make_listing(by=stranger), jpeg())
        ListingFlag.objects.update(state="dismissed")

        photos.rebuild()
        work.work_off_due()

        assert [flag.state for flag in ListingFlag.objects.filter(listing__seller=stranger)] == ["dismissed"]

    def test_ones_own_picture_another_picture_and_a_wall_are_not_flagged(
        self, local_studio: Studio, seller: User, stranger: User, make_listing: Callable[..., Listing]
    ) -> None:
        mine = make_listing(by=stranger)
        wall = encoded(Image.new("RGB", (300, 200), "grey"))
        local_studio.finished(seller, make_listing(), jpeg())
        local_studio.finished(seller, make_listing(), jpeg())
        local_studio.finished(seller, make_listing(), wall)
        local_studio.finished(seller, make_listing(state="paused"), encoded(drawn(at=(-1, 0, 0, 1))))

        for body in (wall, encoded(drawn(at=(-1, 0, 0, 1))), encoded(drawn(at=(-0.5, 0.3, 0.1, 0.9)))):
            local_studio.finished(stranger, mine, body)

        assert not ListingFlag.objects.exists()

    def test_the_bands_find_all_that_a_full_comparison_finds(self, make_listing: Callable[..., Listing]) -> None:
        import random

        dice, listing = random.Random(5), make_listing()
        wanted = dice.getrandbits(64)
        near = {}
        for n in range(300):
            bits = dice.randrange(13)
            other = wanted
            for bit in dice.sample(range(64), bits):
                other ^= 1 << bit
            near[f"k{n}"] = (other, bits)
        Photo.objects.bulk_create(
            Photo(listing=listing, storage_key=key, size_bytes=1, state="ready", fingerprint=signed(value), due_at=None)
            for key, (value, _) in near.items()
        )

        found = {each.storage_key: each.distance for each in Photo.objects.resembling(signed(wanted))}

        assert found == {key: bits for key, (_, bits) in near.items() if bits <= 6}

    def test_the_question_is_answered_by_its_index(self, make_listing: Callable[..., Listing]) -> None:
        from django.db import connection

        listing = make_listing()
        Photo.objects.bulk_create(
            Photo(
                listing=listing,
                storage_key=f"k{n}",
                size_bytes=1,
                state="ready",
                fingerprint=signed(hash((n, "x")) * 0x9E3779B97F4A7C15 % 2**64),
                due_at=None,
            )
            for n in range(3000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE listings_photo")
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert "photo_lookalikes" in Photo.objects.resembling(12345).explain()


def signed(bits: int) -> int:
    return bits - (1 << 64) if bits >> 63 else bits


class TestUpkeep:
    def kept(self, *keys: str) -> None:
        for key in keys:
            get_store().save(key, io.BytesIO(b"x" * 10), content_type="image/jpeg")

    def test_T27g_what_was_never_confirmed_or_has_no_row_is_collected_after_a_day(
        self, local_studio: Studio, seller: User, make_listing: Callable[..., Listing]
    ) -> None:
        listing = make_listing()
        photo = local_studio.finished(
            seller, listing, encoded(drawn(), "PNG"), filename="x.png", content_type="image/png"
        )
        orphan = f"listings/{listing.pk}/{uuid4()}.jpg"
        self.kept(*keys_of(orphan), incoming_key(orphan), "people/7/x.jpg", "originals/chat/1/x.jpg")
        now = timezone.now()

        early = photos.collect_orphans(None, now + timedelta(hours=23))
        late = photos.collect_orphans(None, now + timedelta(hours=25))

        assert early == {"looked_at": 0, "deleted": 0, "bytes": 0, "is_complete": True}
        assert late == {"looked_at": 9, "deleted": 5, "bytes": 50, "is_complete": True}
        assert local_studio.stored_keys(listing) == set(photo.keys)
        assert get_store().head("people/7/x.jpg")
        assert get_store().head("originals/chat/1/x.jpg")

    def test_a_prefix_narrows_and_cannot_reach_what_is_not_ours(self, local_studio: Studio) -> None:
        self.kept("listings/a/1.jpg", "listings/b/1.jpg")
        later = timezone.now() + timedelta(days=2)

        assert photos.collect_orphans("listings/a", later)["deleted"] == 1
        for prefix in ("people/", "..", "/", "chat", "listing", "originals/chat/", "a b"):
            with pytest.raises(InvalidInput):
                photos.collect_orphans(prefix, later)
        assert get_store().head("listings/b/1.jpg")

    def test_a_collection_stops_at_its_bound(self, local_studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upkeep, "AT_A_TIME", 2)
        self.kept(*(f"listings/a/{n}.jpg" for n in range(5)))
        later = timezone.now() + timedelta(days=2)

        assert upkeep.collect_orphans(None, later, most=2) == {
            "looked_at": 2,
            "deleted": 2,
            "bytes": 20,
            "is_complete": False,
        }
        assert upkeep.collect_orphans(None, later)["deleted"] == 3

    def test_pictures_of_removed_listings_stay(
        self, local_studio: Studio, seller: User, make_listing: Callable[..., Listing]
    ) -> None:
        listing = make_listing()
        local_studio.finished(seller, listing, jpeg())
        local_studio.signed_in(seller).delete(f"/v1/listings/{listing.pk}")

        photos.collect_orphans(None, timezone.now() + timedelta(days=2))

        assert len(local_studio.stored_keys(listing)) == 4

    def test_pictures_made_anew_stay_shown_meanwhile(
        self, local_studio: Studio, seller: User, make_listing: Callable[..., Listing]
    ) -> None:
        listing = make_listing()
        one, two = (local_studio.finished(seller, listing, jpeg()) for _ in range(2))
        get_store().delete(one.version_key(300))

        assert photos.rebuild(one.storage_key, (300,)) == {"queued": 1}
        assert Photo.objects.get(pk=one.pk).state == "ready"
        assert work.work_off_due() == 1
        assert get_store().head(one.version_key(300))
        assert photos.rebuild() == {"queued": 2}
        assert photos.rebuild() == {"queued": 0}
        get_store().delete(two.original_key)
        work.work_off_due()
        assert set(Photo.objects.values_list("state", F("due_at"))) == {("ready", None)}
        with pytest.raises(InvalidInput):
            photos.rebuild(None, (64,))
