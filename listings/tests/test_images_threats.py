"""T24 to T28 and T45 of the threat list: what may be uploaded, by whom, and what is shown of it."""

from __future__ import annotations

import io
import socket
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from listings.models import Listing, Photo
from listings.services.pictures import work
from listings.tests.studio import ADDRESS, Studio, drawn, encoded, jpeg, opened
from marketplace.common.storage import StorageUnavailable, get_store, incoming_key
from marketplace.common.storage.local import LocalStore

pytestmark = pytest.mark.django_db


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x", "y")
    return file.getvalue()


DANGEROUS = {
    "html": b"<!doctype html><script>alert(document.cookie)</script>",
    "html after blanks": b"\n \t<HTML><body onload=alert(1)>",
    "html in utf-16": b"\xff\xfe" + "<html><script>1</script>".encode("utf-16-le"),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "pdf": b"%PDF-1.7\n1 0 obj",
    "zip": zipped(),
    "php": b"<?php system($_GET[0]); ?>",
    "shell": b"#!/bin/sh\nrm -rf /\n",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n(x) run",
    "elf": b"\x7fELF\x02\x01\x01" + bytes(50),
    "exe": b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0",
    "gzip": b"\x1f\x8b\x08\0\0\0\0\0",
}


@pytest.mark.parametrize("name", DANGEROUS)
def test_T27c_what_is_plainly_something_else_is_refused_and_deleted(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], name: str
) -> None:
    listing = make_listing()
    key = local_studio.uploaded(seller, listing, DANGEROUS[name])

    reply = local_studio.confirm(seller, listing, key)

    assert (reply.status_code, reply.json()["code"]) == (422, "upload_refused")
    assert local_studio.stored_keys(listing) == set()
    assert not Photo.objects.exists()
    assert Listing.objects.get(pk=listing.pk).version == 1


@pytest.mark.parametrize(("body", "says"), [(b"", "empty"), (b"x" * 2001, "at most 2000 bytes")])
def test_T27c_nothing_and_too_much_are_refused_and_deleted(
    studio: Studio,
    seller: User,
    make_listing: Callable[..., Listing],
    settings: Settings,
    body: bytes,
    says: str,
) -> None:
    listing = make_listing()
    key = studio.presign(seller, listing).json()["object_key"]
    studio.store.save(incoming_key(key), io.BytesIO(body), content_type="image/jpeg")  # S3 cannot sign a limit
    settings.PICTURE_MAX_BYTES = 2000

    reply = studio.confirm(seller, listing, key)

    assert reply.status_code == 422
    assert says in reply.json()["detail"]
    assert studio.stored_keys(listing) == set()
    assert not Photo.objects.exists()


def test_T27c_a_type_in_the_store_that_is_not_the_keys_is_refused(
    studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    key = studio.uploaded(seller, listing, jpeg())
    studio.store.save(incoming_key(key), io.BytesIO(jpeg()), content_type="text/html")

    assert studio.confirm(seller, listing, key).status_code == 422
    assert studio.stored_keys(listing) == set()


def test_T27a_a_put_with_another_type_or_length_is_refused_by_the_store(
    studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing, body = make_listing(), jpeg()
    granted = studio.presign(seller, listing, size=len(body)).json()

    for headers in ({"Content-Type": "text/html"}, {"Content-Type": "image/png"}):
        assert studio.web.put(granted["upload_url"], body, headers).status == 403
    assert studio.put(granted, body + b"<script>").status == 403
    assert studio.stored_keys(listing) == set()
    assert studio.put(granted, body).status == 200


def test_T25_more_than_the_limit_is_refused_at_the_door(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], settings: Settings
) -> None:
    settings.PICTURE_MAX_BYTES = 1000
    listing = make_listing()
    granted = local_studio.presign(seller, listing).json()

    assert local_studio.put(granted, b"x" * 1001).status == 413
    assert local_studio.put(granted, b"x" * 1000).status == 200


def test_T27b_confirming_what_was_never_uploaded_is_a_409(
    studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    key = studio.presign(seller, listing).json()["object_key"]

    reply = studio.confirm(seller, listing, key)

    assert (reply.status_code, reply.json()["code"]) == (409, "not_uploaded")
    assert not Photo.objects.exists()


def test_T27d_a_second_put_after_confirm_changes_nothing_that_is_shown(
    studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    granted = studio.presign(seller, listing).json()
    studio.put(granted, jpeg())
    studio.confirm(seller, listing, granted["object_key"])
    other = encoded(Image.new("RGB", (50, 50), "red"))

    assert studio.put(granted, other).status == 200
    assert studio.confirm(seller, listing, granted["object_key"]).status_code == 200
    work.work_off_due()
    photo = Photo.objects.get()
    before = studio.get(f"{ADDRESS}/media/{photo.storage_key}").body
    assert studio.put(granted, other).status == 200
    work.work_off_due()

    assert (photo.state, photo.width, photo.height) == ("ready", 240, 160)
    assert studio.get(f"{ADDRESS}/media/{photo.storage_key}").body == before
    assert opened(before).size == (240, 160)


def test_T27e_another_person_can_neither_presign_nor_confirm(
    studio: Studio, seller: User, stranger: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    own = make_listing(by=stranger)
    key = studio.uploaded(seller, listing, jpeg())

    for person in (stranger, moderator):
        assert studio.presign(person, listing).json()["detail"] == "Listing not found"
        assert studio.confirm(person, listing, key).status_code == 404
    assert studio.confirm(stranger, own, key).status_code == 404
    assert not Photo.objects.exists()
    assert studio.stored_keys(listing) == {incoming_key(key)}


@pytest.mark.parametrize(
    "key",
    [
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "../../etc/passwd",
        "people/x.jpg",
        "incoming/listings/{id}/{uuid}.jpg",
        "originals/listings/{id}/{uuid}.jpg",
        "listings/{id}/{uuid}.svg",
        "listings/{id}/thumbs/{uuid}_300.jpg",
        "listings/{id}/{uuid}.jpg/../x.jpg",
        "listings/{id}/{uuid}.jpg\n",
        "listings/{id}/{UUID}.jpg",
        "listings/{id}/photo.jpg",
    ],
)
def test_T45_a_key_is_one_of_ours_or_nothing_and_nothing_is_fetched(
    local_studio: Studio,
    seller: User,
    make_listing: Callable[..., Listing],
    monkeypatch: pytest.MonkeyPatch,
    key: str,
) -> None:
    listing, name = make_listing(), str(uuid4())
    client = local_studio.signed_in(seller)
    key = key.format(id=listing.pk, uuid=name, UUID=name.upper())
    asked: list[Any] = []
    monkeypatch.setattr(socket, "create_connection", lambda *args, **_: asked.append(args))

    confirmed = client.post("/v1/images/confirm", {"listing_id": str(listing.pk), "object_key": key})
    twin = client.post(f"/v1/listings/{listing.pk}/image", {"object_key": key, "image_url": key})

    assert {confirmed.status_code, twin.status_code} <= {422, 409 if key.endswith("\n") else 422}
    assert not asked
    assert not Photo.objects.exists()


def test_T28_what_is_served_cannot_run(studio: Studio, seller: User, make_listing: Callable[..., Listing]) -> None:
    listing = make_listing()
    key = studio.uploaded(seller, listing, jpeg() + b"<script>alert(1)</script>")
    preview = studio.confirm(seller, listing, key).json()["preview_url"]
    work.work_off_due()
    photo = Photo.objects.get()

    addresses = [
        preview,
        *(f"{ADDRESS}/media/{each}" for each in (key, photo.version_key(300), photo.version_key(800))),
    ]
    for url in addresses:
        shown = studio.get(url)
        assert (shown.status, shown.headers["content-type"]) == (200, "image/jpeg")
        assert shown.headers["content-disposition"] == "inline"
        if isinstance(get_store(), LocalStore):  # a bucket is another origin and has headers of its own
            assert shown.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in shown.headers["content-security-policy"]
        assert url == preview or b"<script" not in shown.body


def test_T28_originals_are_never_public(studio: Studio, seller: User, make_listing: Callable[..., Listing]) -> None:
    photo = studio.finished(seller, make_listing(), jpeg())

    for key in (photo.original_key, incoming_key(photo.storage_key)):
        assert studio.get(f"{ADDRESS}/media/{key}").status == 404


def with_everything() -> bytes:
    """A photograph as a phone writes it, lying on its side, with place, comment, profile and something behind it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x9286] = "Spy Phone", 6, b"ASCII\0\0\0secret-place"
    exif.get_ifd(0x8825).update({1: "N", 2: (4.0, 36.0, 5.04), 3: "W", 4: (74.0, 3.0, 57.96)})
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    body = encoded(drawn(), "JPEG", exif=exif, comment=b"secret-place", icc_profile=profile, quality=95)
    return body + b"secret-place"


@pytest.mark.parametrize("extension", ["jpg", "png", "webp"])
def test_exif_and_gps_leave_no_trace_in_what_is_served(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], extension: str
) -> None:
    body = with_everything()
    assert opened(body).getexif().get_ifd(0x8825)
    kind = {"jpg": "jpeg"}.get(extension, extension)

    photo = local_studio.finished(seller, make_listing(), body, filename=f"x.{extension}", content_type=f"image/{kind}")

    assert (photo.state, photo.width, photo.height) == ("ready", 160, 240)  # and upright
    for key in (photo.storage_key, photo.version_key(300), photo.version_key(800)):
        shown = local_studio.get(f"{ADDRESS}/media/{key}").body
        picture = opened(shown)
        assert not picture.getexif()
        assert not {"exif", "comment", "icc_profile", "xmp", "photoshop"} & set(picture.info)
        for trace in (b"secret-place", b"Spy Phone", b"Exif", b"GPS"):
            assert trace not in shown


def test_F11_a_store_that_is_away_makes_a_retryable_503_and_no_half_row(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = make_listing()
    key = local_studio.uploaded(seller, listing, jpeg())

    def away(*_: object, **__: object) -> None:
        raise StorageUnavailable

    for step in ("head", "read_start", "promote"):
        with monkeypatch.context() as broken:
            broken.setattr(LocalStore, step, away)
            reply = local_studio.confirm(seller, listing, key)
            assert (reply.status_code, reply.json()["code"]) == (503, "unavailable")
            assert local_studio.presign(seller, listing).status_code == 201
        assert not Photo.objects.exists()
    assert local_studio.confirm(seller, listing, key).status_code == 200
