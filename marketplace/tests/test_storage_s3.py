from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import boto3
import httpx
import pytest
from botocore.config import Config
from django.test import Client
from pytest_django import Settings

from marketplace.common.storage import ObjectStore, StorageUnavailable, get_store, incoming_key
from marketplace.common.storage.s3 import S3Store
from marketplace.tests.s3_server import S3Server, running_s3_server
from marketplace.tests.storage_contract import (
    JPEG,
    Answer,
    PromotionContract,
    ReadingContract,
    UploadContract,
    photo_key,
    save,
)

BUCKET = "market-uploads"
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens there


class TestWeb:
    __test__ = False

    def put(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return _answer(httpx.put(url, content=body, headers=dict(headers)))

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        return _answer(httpx.get(url, headers=dict(headers or {})))


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.content, dict(response.headers))


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    with running_s3_server() as server:
        boto3.client(
            "s3",
            endpoint_url=server.endpoint,
            region_name=server.region,
            aws_access_key_id=server.access_key,
            aws_secret_access_key=server.secret_key,
            config=Config(s3={"addressing_style": "path"}),
        ).create_bucket(Bucket=BUCKET)
        yield server


@pytest.fixture
def store(settings: Settings, s3_server: S3Server) -> ObjectStore:
    settings.S3_ENDPOINT = settings.S3_PUBLIC_ENDPOINT = s3_server.endpoint
    settings.S3_REGION, settings.S3_BUCKET, settings.S3_USE_PATH_STYLE = s3_server.region, BUCKET, True
    settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = s3_server.access_key, s3_server.secret_key
    settings.BASE_URL = "http://market.test"
    settings.ALLOWED_HOSTS = ["*"]
    s3 = get_store()
    assert isinstance(s3, S3Store)
    return s3


@pytest.fixture
def store_that_is_down(settings: Settings, store: ObjectStore) -> ObjectStore:
    settings.S3_ENDPOINT = settings.S3_PUBLIC_ENDPOINT = NOBODY
    return get_store()


@pytest.fixture
def web() -> TestWeb:
    return TestWeb()


class TestTheServerItself:
    """A server that took anything would make every test below worthless."""

    def test_it_refuses_a_wrong_secret(self, settings: Settings, store: ObjectStore, web: TestWeb) -> None:
        settings.S3_SECRET_KEY = "a-wrong-secret"
        intruder = get_store()
        granted = intruder.presign_put(photo_key(), content_type="image/jpeg")

        assert web.put(granted.url, JPEG, granted.headers).status == 403
        with pytest.raises(StorageUnavailable):
            intruder.head(photo_key())

    def test_it_names_a_wrong_content_type_as_a_wrong_signature(self, store: ObjectStore, web: TestWeb) -> None:
        granted = store.presign_put(photo_key(), content_type="image/jpeg")
        answer = web.put(granted.url, JPEG, {"Content-Type": "text/html"})
        assert (answer.status, b"SignatureDoesNotMatch" in answer.body) == (403, True)

    def test_type_length_and_host_are_in_the_signature(self, store: ObjectStore) -> None:
        url = store.presign_put(photo_key(), content_type="image/jpeg", content_length=5).url
        assert "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost&" in url
        assert "checksum" not in url.lower()


class TestS3Upload(UploadContract):
    def test_the_address_has_the_host_phones_can_reach(self, settings: Settings, store: ObjectStore) -> None:
        settings.S3_PUBLIC_ENDPOINT = "https://files.example.edu"
        assert (
            get_store()
            .presign_put(photo_key(), content_type="image/jpeg")
            .url.startswith(f"https://files.example.edu/{BUCKET}/incoming/listings/7/")
        )

    def test_the_bucket_can_be_part_of_the_host(self, settings: Settings, store: ObjectStore) -> None:
        settings.S3_PUBLIC_ENDPOINT, settings.S3_USE_PATH_STYLE = "https://files.example.edu", False
        url = get_store().presign_put(photo_key(), content_type="image/jpeg").url
        assert url.startswith(f"https://{BUCKET}.files.example.edu/incoming/listings/7/")


class TestS3Promotion(PromotionContract):
    pass


class TestS3Reading(ReadingContract):
    def test_public_pictures_are_shown_by_the_bucket(self, store: ObjectStore, web: TestWeb) -> None:
        key = photo_key()
        save(store, key, JPEG)

        response = Client().get(store.public_url(key).removeprefix("http://market.test"))

        assert response.status_code == 302
        answer = web.get(response["Location"])
        assert (answer.body, answer.headers["content-type"]) == (JPEG, "image/jpeg")
        assert answer.headers["content-disposition"] == "inline"

    def test_the_local_doors_are_closed(self, store: ObjectStore) -> None:
        assert Client().put(f"/storage/{photo_key()}", JPEG, content_type="image/jpeg").status_code == 404
        assert Client().get("/media/chat/1/x.jpg").status_code == 404


class Failing(BaseHTTPRequestHandler):
    def _fail(self) -> None:
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = _fail  # noqa: N815  (http.server's names)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def failing_server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Failing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class TestAnS3ThatIsAway:
    def test_F11_every_question_fails_as_unavailable_and_soon(self, store_that_is_down: ObjectStore) -> None:
        store, key, started = store_that_is_down, photo_key(), time.monotonic()

        for ask in (
            lambda: store.head(key),
            lambda: store.open(key),
            lambda: store.read_start(key, 4),
            lambda: save(store, key, JPEG),
            lambda: store.delete(key),
            lambda: store.promote(incoming_key(key), key, etag="x"),
        ):
            with pytest.raises(StorageUnavailable):
                ask()

        assert time.monotonic() - started < 15

    def test_F11_addresses_are_still_signed(self, store_that_is_down: ObjectStore) -> None:
        started = time.monotonic()
        assert "X-Amz-Signature=" in store_that_is_down.presign_put(photo_key(), content_type="image/jpeg").url
        assert "X-Amz-Signature=" in store_that_is_down.presign_get(photo_key(), expires_in=60)
        assert time.monotonic() - started < 1

    def test_F11_an_error_of_the_store_is_not_an_answer(
        self, settings: Settings, store: ObjectStore, failing_server: str
    ) -> None:
        settings.S3_ENDPOINT = failing_server
        with pytest.raises(StorageUnavailable):
            get_store().head(photo_key())
