"""What every store must do, whatever is behind it: run by `test_storage_local` and `test_storage_s3`."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest
import time_machine

from marketplace.common.storage import (
    InvalidKey,
    ObjectChanged,
    ObjectMissing,
    ObjectStore,
    incoming_key,
    new_key,
)

JPEG = b"\xff\xd8\xff\xe0" + b"first " * 50
OTHER_JPEG = b"\xff\xd8\xff\xe0" + b"other " * 50
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
NOT_KEYS = [
    "", "/", "/etc/passwd", "..", "../x", "a/../b", "a/..", "./a", "a/./b", "a//b", "a/", "/a", ".types/a", "a/.b",
    "a\\..\\b", "a\x00b", "a\n", "a b", "a%2e%2e/b", "a..b", "a.", "é.jpg", "C:\\x", "a?b", "a#b", "a" * 201,
    "a/" * 300 + "a",
]  # fmt: skip


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Web(Protocol):
    """Somebody outside with nothing but a URL."""

    def put(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer: ...

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer: ...


def photo_key() -> str:
    return new_key("listings/7", "jpg", allowed={"jpg"})


def upload(store: ObjectStore, web: Web, key: str, body: bytes = JPEG) -> str:
    """A finished upload; returns its ETag."""
    granted = store.presign_put(key, content_type="image/jpeg")
    assert web.put(granted.url, body, granted.headers).status == 200
    found = store.head(incoming_key(key))
    assert found is not None
    return found.etag


def save(store: ObjectStore, key: str, body: bytes, content_type: str = "image/jpeg") -> None:
    store.save(key, io.BytesIO(body), content_type=content_type)


def content(store: ObjectStore, key: str) -> bytes:
    with store.open(key) as file:
        return file.read()


class UploadContract:
    def test_an_upload_sends_its_content_type_and_no_other_header(self, store: ObjectStore, web: Web) -> None:
        key = photo_key()

        granted = store.presign_put(key, content_type="image/jpeg")

        assert (granted.method, granted.headers) == ("PUT", {"Content-Type": "image/jpeg"})
        assert web.put(granted.url, JPEG, granted.headers).status == 200
        found = store.head(incoming_key(key))
        assert found is not None
        assert (found.size, found.content_type) == (len(JPEG), "image/jpeg")
        assert abs(found.modified_at - datetime.now(UTC)) < timedelta(minutes=1)

    def test_T27_an_upload_is_not_yet_under_its_key(self, store: ObjectStore, web: Web) -> None:
        key = photo_key()
        upload(store, web, key)
        assert store.head(key) is None

    @pytest.mark.parametrize("sent", ["text/html", "image/png", "image/jpeg; charset=utf-8", ""])
    def test_T27_another_content_type_is_refused(self, store: ObjectStore, web: Web, sent: str) -> None:
        key = photo_key()
        granted = store.presign_put(key, content_type="image/jpeg")

        assert web.put(granted.url, JPEG, {"Content-Type": sent}).status == 403
        assert store.head(incoming_key(key)) is None

    @pytest.mark.parametrize("size", [0, 9, 11])
    def test_T27_another_length_than_declared_is_refused(self, store: ObjectStore, web: Web, size: int) -> None:
        key = photo_key()
        granted = store.presign_put(key, content_type="image/jpeg", content_length=10)

        assert web.put(granted.url, b"x" * size, granted.headers).status == 403
        assert store.head(incoming_key(key)) is None
        assert web.put(granted.url, b"x" * 10, granted.headers).status == 200

    def test_T27_an_expired_address_is_refused(self, store: ObjectStore, web: Web) -> None:
        key = photo_key()
        with time_machine.travel(datetime.now(UTC) - timedelta(seconds=901)):
            granted = store.presign_put(key, content_type="image/jpeg", expires_in=900)

        assert web.put(granted.url, JPEG, granted.headers).status == 403
        assert store.head(incoming_key(key)) is None

    def test_an_address_is_good_until_it_expires(self, store: ObjectStore, web: Web) -> None:
        with time_machine.travel(datetime.now(UTC) - timedelta(seconds=880)):
            granted = store.presign_put(photo_key(), content_type="image/jpeg", expires_in=900)
        assert web.put(granted.url, JPEG, granted.headers).status == 200

    def test_T27_a_forged_signature_is_refused(self, store: ObjectStore, web: Web) -> None:
        key = photo_key()
        granted = store.presign_put(key, content_type="image/jpeg")
        forged = granted.url[:-1] + ("0" if granted.url[-1] != "0" else "1")

        for url in (forged, granted.url[:-64], granted.url.split("?")[0], granted.url + "&max=99999999999"):
            assert web.put(url, JPEG, granted.headers).status in (400, 403)
        assert store.head(incoming_key(key)) is None

    def test_T27_an_altered_expiry_is_refused(self, store: ObjectStore, web: Web) -> None:
        granted = store.presign_put(photo_key(), content_type="image/jpeg")
        longer = re.sub(r"(?i)(expires=)(\d+)", lambda match: f"{match[1]}{int(match[2]) + 1}", granted.url)
        assert longer != granted.url
        assert web.put(longer, JPEG, granted.headers).status == 403

    def test_T27_a_signature_fits_no_other_key(self, store: ObjectStore, web: Web) -> None:
        mine, others = photo_key(), photo_key()
        granted = store.presign_put(mine, content_type="image/jpeg")

        assert web.put(granted.url.replace(mine, others), JPEG, granted.headers).status == 403
        assert store.head(incoming_key(others)) is None
        assert store.head(others) is None

    def test_a_signature_fits_no_other_method(self, store: ObjectStore, web: Web) -> None:
        key = photo_key()
        save(store, key, JPEG)
        save(store, incoming_key(key), JPEG)

        assert web.get(store.presign_put(key, content_type="image/jpeg").url).status == 403
        reading = store.presign_get(key, expires_in=60)
        assert web.put(reading, OTHER_JPEG, {"Content-Type": "image/jpeg"}).status == 403
        assert content(store, key) == JPEG


class PromotionContract:
    def test_a_promoted_object_is_what_was_uploaded(self, store: ObjectStore, web: Web) -> None:
        key = photo_key()
        etag = upload(store, web, key)

        promoted = store.promote(incoming_key(key), key, etag=etag)

        assert (promoted.size, promoted.content_type) == (len(JPEG), "image/jpeg")
        assert store.head(key) == promoted
        assert content(store, key) == JPEG
        assert store.head(incoming_key(key)) is None

    def test_T27_a_second_upload_after_promotion_changes_nothing_that_is_served(
        self, store: ObjectStore, web: Web
    ) -> None:
        key = photo_key()
        granted = store.presign_put(key, content_type="image/jpeg")
        etag = upload(store, web, key)
        store.promote(incoming_key(key), key, etag=etag)

        assert web.put(granted.url, OTHER_JPEG, granted.headers).status == 200

        assert web.get(store.presign_get(key, expires_in=60)).body == JPEG
        changed = store.head(incoming_key(key))
        assert changed is not None
        store.promote(incoming_key(key), key, etag=changed.etag)
        assert web.get(store.presign_get(key, expires_in=60)).body == JPEG

    def test_T27_an_upload_replaced_after_the_check_is_not_promoted(self, store: ObjectStore, web: Web) -> None:
        key = photo_key()
        looked_at = upload(store, web, key)
        upload(store, web, key, OTHER_JPEG)

        with pytest.raises(ObjectChanged):
            store.promote(incoming_key(key), key, etag=looked_at)
        assert store.head(key) is None

    def test_T27_twenty_promotions_at_once_make_one_object(self, store: ObjectStore, web: Web) -> None:
        key = photo_key()
        etag = upload(store, web, key)

        with ThreadPoolExecutor(20) as threads:
            jobs = [threads.submit(store.promote, incoming_key(key), key, etag=etag) for _ in range(20)]
            answers = {job.result() for job in jobs}

        assert len({answer.etag for answer in answers}) == 1
        assert content(store, key) == JPEG
        later = datetime.now(UTC) + timedelta(days=1)
        assert [found.key for found in store.list(f"{key.rpartition('/')[0]}/", older_than=later)].count(key) == 1

    def test_a_repeated_promotion_answers_as_the_first(self, store: ObjectStore, web: Web) -> None:
        key = photo_key()
        etag = upload(store, web, key)
        first = store.promote(incoming_key(key), key, etag=etag)
        assert store.promote(incoming_key(key), key, etag=etag) == first

    def test_nothing_uploaded_is_nothing_to_promote(self, store: ObjectStore) -> None:
        key = photo_key()
        with pytest.raises(ObjectMissing):
            store.promote(incoming_key(key), key, etag="0")


class ReadingContract:
    def test_what_was_saved_is_what_is_read(self, store: ObjectStore) -> None:
        key = photo_key()
        save(store, key, JPEG)
        assert content(store, key) == JPEG
        assert store.read_start(key, 4) == JPEG[:4]
        assert store.read_start(key, 10_000) == JPEG

    def test_saving_again_replaces(self, store: ObjectStore) -> None:
        key = photo_key()
        save(store, key, JPEG)
        save(store, key, OTHER_JPEG, "image/png")
        found = store.head(key)
        assert found is not None
        assert (content(store, key), found.content_type) == (OTHER_JPEG, "image/png")

    def test_an_empty_object_has_an_empty_start(self, store: ObjectStore) -> None:
        key = photo_key()
        save(store, key, b"")
        assert store.read_start(key, 100) == b""

    def test_what_is_not_there(self, store: ObjectStore, web: Web) -> None:
        key = photo_key()
        assert store.head(key) is None
        store.delete(key)
        with pytest.raises(ObjectMissing):
            store.open(key)
        with pytest.raises(ObjectMissing):
            store.read_start(key, 4)
        assert web.get(store.presign_get(key, expires_in=60)).status == 404

    def test_a_deleted_object_is_gone(self, store: ObjectStore) -> None:
        key = photo_key()
        save(store, key, JPEG)
        store.delete(key)
        assert store.head(key) is None

    def test_old_objects_under_a_prefix_are_listed(self, store: ObjectStore) -> None:
        key = new_key("incoming/sweep/9", "jpg", allowed={"jpg"})
        save(store, key, JPEG)
        save(store, photo_key(), JPEG)
        now = datetime.now(UTC)

        assert [
            (found.key, found.size) for found in store.list("incoming/sweep/", older_than=now + timedelta(hours=1))
        ] == [(key, len(JPEG))]
        assert list(store.list("incoming/sweep/", older_than=now - timedelta(hours=1))) == []
        assert list(store.list("nothing/here/", older_than=now)) == []

    @pytest.mark.parametrize("key", NOT_KEYS)
    def test_T24_a_key_that_is_none_is_never_used(self, store: ObjectStore, key: str) -> None:
        with pytest.raises(InvalidKey):
            store.head(key)
        with pytest.raises(InvalidKey):
            save(store, key, JPEG)
        with pytest.raises(InvalidKey):
            store.delete(key)
        with pytest.raises(InvalidKey):
            store.presign_put(key, content_type="image/jpeg")
        with pytest.raises(InvalidKey):
            store.presign_get(key, expires_in=60)
        with pytest.raises(InvalidKey):
            store.public_url(key)

    def test_T28_html_is_never_served_as_html(self, store: ObjectStore, web: Web) -> None:
        for extension in ("jpg", "html", "svg", "xml", "js", "pdf", "txt"):
            key = new_key("listings/7", extension, allowed={extension})
            save(store, key, HTML, "text/html")
            answer = web.get(store.presign_get(key, expires_in=60, inline=True))
            assert answer.status == 200
            assert not re.search("html|xml|script", answer.headers["content-type"])
            inline = answer.headers["content-disposition"].startswith("inline")
            assert inline == (extension == "jpg")

    def test_a_download_has_its_name_and_nothing_else_in_the_header(self, store: ObjectStore, web: Web) -> None:
        key = new_key("chat/1", "pdf", allowed={"pdf"})
        save(store, key, b"%PDF-1.4", "application/pdf")
        url = store.presign_get(key, expires_in=60, download_name='../Informe "final"\r\nX-Evil: 1 ñ.pdf')

        answer = web.get(url)

        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''")
        assert "x-evil" not in answer.headers

    def test_an_expired_reading_address_is_refused(self, store: ObjectStore, web: Web) -> None:
        key = photo_key()
        save(store, key, JPEG)
        with time_machine.travel(datetime.now(UTC) - timedelta(seconds=61)):
            url = store.presign_get(key, expires_in=60)
        assert web.get(url).status == 403
