"""T24 and T28: every file of the hostile corpus goes the whole way, and nothing of it comes out but pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing, Photo
from listings.services.pictures import work
from listings.tests.corpus import MARK, SCRIPT, Hostile, corpus
from listings.tests.studio import ADDRESS, Studio, opened

pytestmark = pytest.mark.django_db

PER_LISTING = 12
SHOWN_TYPES = {"image/jpeg", "image/png", "image/webp"}
ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xae\x42\x60\x82"}


def sent(client: APIClient, studio: Studio, listing: Listing, file: Hostile) -> tuple[str, str | None]:
    """How far it came, and its key if it was taken."""
    asked = {"listing_id": str(listing.pk), "filename": file.filename, "content_type": file.content_type}
    granted = client.post("/v1/images/presign", asked)
    if granted.status_code != 201:
        assert granted.status_code == 422, (file.what, granted.content)
        return "refused at presign", None
    key = granted.json()["object_key"]
    if not file.body:
        return "empty", None  # the test client sends no empty body; see test_T27c
    assert studio.put(granted.json(), file.body).status == 200, file.what
    confirmed = client.post("/v1/images/confirm", {"listing_id": str(listing.pk), "object_key": key})
    if confirmed.status_code != 200:
        assert confirmed.status_code == 422, (file.what, confirmed.content)
        return "refused at confirm", None
    return "taken", key


def check_served(studio: Studio, photo: Photo, what: str) -> None:
    for key in (photo.storage_key, photo.version_key(300), photo.version_key(800)):
        shown = studio.get(f"{ADDRESS}/media/{key}")
        if photo.state != Photo.State.READY:
            assert shown.status == 404, what
            continue
        assert shown.status == 200, what
        assert shown.headers["content-type"] in SHOWN_TYPES, what
        assert (shown.headers["x-content-type-options"], shown.headers["content-disposition"]) == ("nosniff", "inline")
        assert "sandbox" in shown.headers["content-security-policy"]
        check_bytes(shown.body, what)


def check_bytes(body: bytes, what: str) -> None:
    """Only what our encoder wrote: no payload, nothing behind the end, no metadata."""
    picture = opened(body)
    assert f"image/{(picture.format or '').lower()}" in SHOWN_TYPES, what
    for trace in (MARK, SCRIPT[:8], b"<?php", b"Exif", b"<svg"):
        assert trace not in body, what
    assert not {"exif", "comment", "icc_profile", "xmp"} & set(picture.info), what
    if picture.format == "WEBP":
        assert int.from_bytes(body[4:8], "little") + 8 == len(body), what
    else:
        assert body.endswith(ENDS[picture.format or ""]), what
    assert getattr(picture, "n_frames", 1) == 1, what


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("no_limits")
def test_T24_T28_the_hostile_corpus_comes_to_nothing(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    files = corpus()
    client = local_studio.signed_in(seller)
    taken: dict[str, str] = {}
    fates: Counter[str] = Counter()
    listing = make_listing()
    for file in files:
        if Photo.objects.filter(listing=listing).count() == PER_LISTING:
            listing = make_listing()
        fate, key = sent(client, local_studio, listing, file)
        fates[fate] += 1
        if key is not None:
            taken[key] = file.what

    while work.work_off_due(limit=1000, for_seconds=200):
        pass

    photos = list(Photo.objects.all())
    assert {photo.storage_key for photo in photos} == set(taken)
    assert {photo.state for photo in photos} == {"ready", "broken"}
    for photo in photos:
        assert photo.due_at is None, taken[photo.storage_key]
        check_served(local_studio, photo, taken[photo.storage_key])
    assert "honest" not in {taken[photo.storage_key] for photo in photos if photo.state == "broken"}
    assert len(files) >= 200
    assert fates["refused at presign"] > 20
    assert fates["refused at confirm"] > 50
