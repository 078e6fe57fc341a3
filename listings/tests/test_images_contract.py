"""The campus contract, §4 and §12: presign, PUT, confirm, preview; on the local store and on S3."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing, Photo
from listings.services.pictures import uploading, work
from listings.tests.studio import Studio, drawn, encoded, jpeg, opened
from marketplace.common.models import OutboxEvent

pytestmark = pytest.mark.django_db

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_4_presign_answers_201_with_an_address_and_a_key_of_the_listing(
    studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()

    reply = studio.presign(seller, listing, scope="listing")

    assert reply.status_code == 201, reply.content
    granted = reply.json()
    assert set(granted) == {"upload_url", "object_key", "headers"}
    assert re.fullmatch(rf"listings/{listing.pk}/{UUID}\.jpg", granted["object_key"])
    assert f"incoming/{granted['object_key']}" in granted["upload_url"] or "/storage/" in granted["upload_url"]
    assert granted["headers"] == {"Content-Type": "image/jpeg"}
    assert studio.put(granted, jpeg()).status == 200


def test_4_the_address_is_good_for_fifteen_minutes(
    studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing, now = make_listing(), timezone.now()
    grants = {}
    wanted: dict[str, Any] = {"extension": "jpg", "content_type": "image/jpeg", "size": None, "max_bytes": 999}
    for age in (880, 901):
        with time_machine.travel(now - timedelta(seconds=age)):
            key, granted = uploading.presign(listing.pk, owner=seller, **wanted)
            grants[age] = {"upload_url": granted.url, "object_key": key, "headers": granted.headers}

    assert studio.put(grants[880], b"x").status == 200
    assert studio.put(grants[901], b"x").status == 403


@pytest.mark.parametrize(
    ("filename", "content_type", "extension"),
    [
        ("photo.JPG", "image/jpeg", "jpg"),
        ("photo.jpeg", "image/jpeg", "jpeg"),
        ("x.php.jpg", "image/jpg", "jpg"),
        ("captura de pantalla.png", "image/png", "png"),
        ("صورة.webp", "image/webp", "webp"),
        ("1000012345", "image/jpeg", "jpg"),
        ("a" * 251 + ".jpg", "image/jpeg", "jpg"),
    ],
)
def test_4_the_key_ends_as_the_file_name_does(
    local_studio: Studio,
    seller: User,
    make_listing: Callable[..., Listing],
    filename: str,
    content_type: str,
    extension: str,
) -> None:
    reply = local_studio.presign(seller, make_listing(), filename=filename, content_type=content_type)

    assert reply.status_code == 201, reply.content
    assert reply.json()["object_key"].endswith(f".{extension}")
    assert reply.json()["headers"] == {"Content-Type": content_type}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"filename": "x.jpg\x00.svg"}, "body"),  # no text here ever holds a NUL
        ({"filename": "x.jpg%00.svg"}, "filename"),
        ({"filename": "x.php"}, "filename"),
        ({"filename": "x.png"}, "filename"),
        ({"filename": "gpj.\u202eexe.jpg"}, "filename"),
        ({"filename": ""}, "filename"),
        ({"filename": "a" * 252 + ".jpg"}, "filename"),
        ({"content_type": "image/svg+xml"}, "content_type"),
        ({"content_type": "text/html"}, "content_type"),
        ({"content_type": "image/gif", "filename": "x.gif"}, "content_type"),
        ({"content_type": "image/jpeg; charset=utf-8"}, "content_type"),
        ({"content_type": "image/jpeg\r\nX-Evil: 1"}, "content_type"),
        ({"content_type": ""}, "content_type"),
        ({"size": 0}, "size"),
        ({"size": 15_728_641}, "size"),
        ({"scope": "chat"}, "scope"),
        ({"listing_id": "seven"}, "listing_id"),
    ],
)
def test_T24_what_is_no_picture_gets_no_address(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], sent: dict[str, Any], field: str
) -> None:
    reply = local_studio.presign(seller, make_listing(), **sent)

    assert reply.status_code == 422, reply.content
    assert reply.json()["detail"][0]["loc"][-1] == field


@pytest.mark.parametrize(("filename", "content_type"), [("x.heic", "image/heic"), ("x.heic", "image/jpeg")])
def test_4_a_heic_is_told_to_come_as_jpeg(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], filename: str, content_type: str
) -> None:
    reply = local_studio.presign(seller, make_listing(), filename=filename, content_type=content_type)

    assert reply.status_code == 422
    assert "send JPEG instead" in reply.json()["detail"][0]["msg"]


def test_4_confirm_answers_200_with_a_preview_that_the_owner_can_open(
    studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing, body = make_listing(), jpeg()
    key = studio.uploaded(seller, listing, body)

    reply = studio.confirm(seller, listing, key, scope="listing", width=240, height=160)

    assert reply.status_code == 200, reply.content
    assert set(reply.json()) == {"preview_url"}
    shown = studio.get(reply.json()["preview_url"])
    assert (shown.status, shown.body, shown.headers["content-type"]) == (200, body, "image/jpeg")
    photo = Photo.objects.get()
    assert (photo.storage_key, photo.state, photo.size_bytes) == (key, "waiting", len(body))
    assert studio.stored_keys(listing) == {photo.original_key}
    assert Listing.objects.get(pk=listing.pk).version == 2
    assert OutboxEvent.objects.get(kind="photo.confirmed").payload["photo_id"] == str(photo.pk)


def test_4_e2e_random_bytes_are_confirmed_and_found_out_by_the_worker(
    studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    key = studio.uploaded(seller, listing, random.Random(7).randbytes(5120))

    assert studio.confirm(seller, listing, key).status_code == 200
    assert work.work_off_due() == 1

    photo = Photo.objects.get()
    assert (photo.state, photo.due_at) == ("broken", None)
    assert "decoded" in photo.trouble
    assert studio.get(f"http://market.test/media/{key}").status == 404
    shown = studio.signed_in(seller).get(f"/v1/listings/{listing.pk}/photos").json()[0]
    assert (shown["image_url"], shown["state"], shown["trouble"]) == (None, "broken", photo.trouble)


def test_4_a_ready_picture_is_public_in_three_sizes(
    studio: Studio, seller: User, buyer: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    photo = studio.finished(seller, listing, jpeg(1200, 900), size=len(jpeg(1200, 900)))

    shown = studio.signed_in(buyer).get(f"/v1/listings/{listing.pk}").json()["photos"][0]

    assert (photo.state, photo.due_at, photo.trouble) == ("ready", None, "")
    assert (shown["width"], shown["height"], shown["storage_key"]) == (1200, 900, photo.storage_key)
    assert shown["image_url"] == f"http://market.test/media/{photo.storage_key}"
    assert re.fullmatch("#[0-9a-f]{6}", shown["colour"])
    for url in (shown["image_url"], *shown["thumbnails"].values()):
        assert studio.get(url).headers["content-type"] == "image/jpeg"
    preview = studio.signed_in(buyer).get("/v1/images/preview", {"object_key": photo.storage_key}).json()
    assert preview == {"preview_url": shown["image_url"]}
    assert Listing.objects.get(pk=listing.pk).version == 3
    assert OutboxEvent.objects.filter(kind="photo.ready").count() == 1


@pytest.mark.parametrize(("kind", "name"), [("PNG", "png"), ("WEBP", "webp"), ("JPEG", "jpeg")])
def test_4_a_picture_is_served_as_what_its_key_says(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], kind: str, name: str
) -> None:
    body = encoded(drawn(), kind)
    photo = local_studio.finished(seller, make_listing(), body, filename=f"x.{name}", content_type=f"image/{name}")

    shown = local_studio.get(f"http://market.test/media/{photo.storage_key}")
    assert (shown.headers["content-type"], opened(shown.body).format) == (f"image/{name}", kind)


def test_4_a_repeated_confirm_answers_as_the_first(
    studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    key = studio.uploaded(seller, listing, jpeg())

    first, again = (studio.confirm(seller, listing, key) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert urlsplit(first.json()["preview_url"]).path == urlsplit(again.json()["preview_url"]).path
    assert Photo.objects.count() == 1
    assert Listing.objects.get(pk=listing.pk).version == 2


def test_4_a_confirm_that_died_between_store_and_row_is_taken_up(
    studio: Studio, seller: User, make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = make_listing()
    key = studio.uploaded(seller, listing, jpeg())
    with monkeypatch.context() as dying:
        dying.setattr(uploading, "_add", lambda *_, **__: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            studio.confirm(seller, listing, key)
    assert not Photo.objects.exists()

    assert studio.confirm(seller, listing, key).status_code == 200
    assert Photo.objects.get().size_bytes == len(jpeg())


def test_12_the_listings_own_door_confirms_as_well(
    studio: Studio, seller: User, stranger: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    key = studio.uploaded(seller, listing, jpeg())

    foreign = studio.signed_in(stranger).post(f"/v1/listings/{listing.pk}/image", {"object_key": key})
    own = studio.signed_in(seller).post(f"/v1/listings/{listing.pk}/image", {"object_key": key})

    assert (foreign.status_code, foreign.json()["detail"]) == (404, "Listing not found")
    assert (own.status_code, set(own.json())) == (200, {"preview_url"})


def test_12_preview_also_takes_a_body_and_hides_what_is_not_ready_from_others(
    local_studio: Studio, seller: User, buyer: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    photo = local_studio.confirmed(seller, make_listing(), jpeg())
    body = {"object_key": photo.storage_key}

    assert local_studio.signed_in(seller).post("/v1/images/preview", body).status_code == 200
    for person in (buyer, moderator):  # the original may say where it was taken
        assert local_studio.signed_in(person).post("/v1/images/preview", body).status_code == 404
    unknown = local_studio.signed_in(seller).get("/v1/images/preview", {"object_key": "listings/x"})
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "Picture not found")


def test_a_picture_of_a_hidden_or_removed_listing_has_no_preview(
    local_studio: Studio, seller: User, buyer: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    photo = local_studio.finished(seller, listing, jpeg())
    query = {"object_key": photo.storage_key}

    Listing.objects.filter(pk=listing.pk).update(hidden_at=timezone.now())
    assert local_studio.signed_in(buyer).get("/v1/images/preview", query).status_code == 404
    assert local_studio.signed_in(moderator).get("/v1/images/preview", query).status_code == 200
    Listing.objects.filter(pk=listing.pk).update(removed_at=timezone.now())
    assert local_studio.signed_in(seller).get("/v1/images/preview", query).status_code == 404
    assert local_studio.signed_in(seller).get(f"/v1/listings/{listing.pk}/photos").status_code == 404


def test_a_listing_has_at_most_twelve_pictures(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    waiting = local_studio.uploaded(seller, listing, jpeg())
    for n in range(uploading.MOST_PHOTOS):
        Photo.objects.create(listing=listing, storage_key=f"listings/{listing.pk}/{n}", size_bytes=1, position=n)

    assert local_studio.presign(seller, listing).json()["code"] == "too_many_photos"
    refused = local_studio.confirm(seller, listing, waiting)

    assert (refused.status_code, Photo.objects.count()) == (409, uploading.MOST_PHOTOS)
    assert Listing.objects.get(pk=listing.pk).version == 1


def three_photos(listing: Listing) -> list[str]:
    rows = [
        Photo.objects.create(
            listing=listing, storage_key=f"listings/{listing.pk}/{uuid4()}.jpg", size_bytes=1, position=n
        )
        for n in range(3)
    ]
    return [str(row.pk) for row in rows]


def test_the_owner_chooses_order_and_cover(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    one, two, three = three_photos(listing)
    client, url = local_studio.signed_in(seller), f"/v1/listings/{listing.pk}/photos"

    changed = client.put(f"{url}/order", {"photo_ids": [three, one, two]})
    again = client.put(f"{url}/order", {"photo_ids": [three, one, two]})

    assert [photo["id"] for photo in changed.json()] == [three, one, two] == [p["id"] for p in again.json()]
    assert [photo["id"] for photo in client.get(f"/v1/listings/{listing.pk}").json()["photos"]] == [three, one, two]
    assert Listing.objects.get(pk=listing.pk).version == 2


@pytest.mark.parametrize("chosen", [[0, 1], [0, 1, 1], [0, 1, 2, 2], []])
def test_an_order_names_every_picture_once(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], chosen: list[int]
) -> None:
    listing = make_listing()
    ids = three_photos(listing)
    url = f"/v1/listings/{listing.pk}/photos/order"

    reply = local_studio.signed_in(seller).put(url, {"photo_ids": [ids[n] for n in chosen]})

    assert reply.status_code == 422
    assert [str(key) for key in Photo.objects.in_order().values_list("pk", flat=True)] == ids


def test_T12_other_peoples_pictures_are_neither_arranged_nor_removed(
    local_studio: Studio, stranger: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    mine, theirs = make_listing(by=stranger), make_listing()
    ids = three_photos(theirs)

    for person in (stranger, moderator):
        client = local_studio.signed_in(person)
        assert client.put(f"/v1/listings/{theirs.pk}/photos/order", {"photo_ids": ids[::-1]}).status_code == 404
        assert client.delete(f"/v1/listings/{theirs.pk}/photos/{ids[0]}").status_code == 404
        assert client.delete(f"/v1/listings/{mine.pk}/photos/{ids[0]}").status_code == 404
    assert [str(key) for key in Photo.objects.in_order().values_list("pk", flat=True)] == ids


def test_the_list_of_pictures_asks_as_often_for_many_as_for_one(
    local_studio: Studio,
    seller: User,
    make_listing: Callable[..., Listing],
    django_assert_num_queries: Callable[..., Any],
) -> None:
    listing = make_listing()
    three_photos(listing)
    client: APIClient = local_studio.signed_in(seller)
    client.get(f"/v1/listings/{listing.pk}/photos")

    with django_assert_num_queries(5):  # who asks, what they may (2), the listing, its pictures
        reply = client.get(f"/v1/listings/{listing.pk}/photos")

    assert len(reply.json()) == 3
    assert set(reply.json()[0]) >= {"id", "listing_id", "storage_key", "image_url", "width", "height", "created_at"}
