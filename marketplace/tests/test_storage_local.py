from __future__ import annotations

import io
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.test import Client
from pytest_django import Settings

from marketplace.common.storage import InvalidKey, get_store, incoming_key, new_key
from marketplace.common.storage.local import LocalStore
from marketplace.tests.storage_contract import (
    HTML,
    JPEG,
    NOT_KEYS,
    Answer,
    PromotionContract,
    ReadingContract,
    UploadContract,
    content,
    photo_key,
    save,
    upload,
)

MEBIBYTE = 1_048_576
LIMIT = 50 * MEBIBYTE


class TestWeb:
    """The doors through Django's test client, as the WSGI server would call them."""

    __test__ = False

    def put(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        path = url.removeprefix("http://market.test")
        response = Client(enforce_csrf_checks=True).put(path, body, content_type=headers["Content-Type"])
        return Answer(response.status_code, response.content, _lower(response.headers))

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        path = url.removeprefix("http://market.test")
        response = Client().get(path, headers=dict(headers or {}))
        body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        return Answer(response.status_code, body, _lower(response.headers))


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@pytest.fixture
def store(settings: Settings, tmp_path: Path) -> LocalStore:
    settings.S3_ENDPOINT = ""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BASE_URL = "http://market.test"
    settings.ALLOWED_HOSTS = ["*"]
    local = get_store()
    assert isinstance(local, LocalStore)
    return local


@pytest.fixture
def web() -> TestWeb:
    return TestWeb()


class TestLocalUpload(UploadContract):
    def test_T25_more_than_was_signed_for_is_refused(self, store: LocalStore, web: TestWeb) -> None:
        key = photo_key()
        granted = store.presign_put(key, content_type="image/jpeg", max_length=10)

        assert web.put(granted.url, b"x" * 11, granted.headers).status == 413
        assert store.head(incoming_key(key)) is None
        assert web.put(granted.url, b"x" * 10, granted.headers).status == 200

    def test_T25_nobody_can_sign_beyond_the_limit(self, settings: Settings, store: LocalStore, web: TestWeb) -> None:
        settings.UPLOAD_MAX_BYTES = 10
        granted = get_store().presign_put(photo_key(), content_type="image/jpeg", max_length=1_000)
        assert web.put(granted.url, b"x" * 11, granted.headers).status == 413

    def test_a_body_without_length_is_411(self, store: LocalStore) -> None:
        granted = store.presign_put(photo_key(), content_type="image/jpeg")
        url = urlsplit(granted.url)
        response = Client().generic(
            "PUT", f"{url.path}?{url.query}", b"x", content_type="image/jpeg", CONTENT_LENGTH=""
        )
        assert response.status_code == 411

    def test_a_body_that_ends_too_early_leaves_nothing(self, store: LocalStore) -> None:
        key = photo_key()
        url = urlsplit(store.presign_put(key, content_type="image/jpeg").url)
        body: dict[str, Any] = {"CONTENT_LENGTH": "500", "wsgi.input": io.BytesIO(b"short")}

        response = Client().generic("PUT", f"{url.path}?{url.query}", b"x", content_type="image/jpeg", **body)

        assert response.status_code == 400
        assert store.head(incoming_key(key)) is None

    def test_a_refusal_is_json_with_a_code(self, store: LocalStore) -> None:
        response = Client().put(f"/storage/{photo_key()}", JPEG, content_type="image/jpeg")
        assert response.status_code == 403
        assert {"detail", "code"} <= response.json().keys()
        assert Client().post(f"/storage/{photo_key()}").status_code == 405

    def test_a_leftover_of_an_unfinished_upload_is_not_an_object(self, store: LocalStore, tmp_path: Path) -> None:
        class Interrupted:
            def read(self, n: int) -> bytes:
                raise RuntimeError

        with pytest.raises(RuntimeError):
            store.save(photo_key(), Interrupted(), content_type="image/jpeg")  # type: ignore[arg-type]
        assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []

    def test_files_are_closed_to_others(self, store: LocalStore, tmp_path: Path) -> None:
        key = photo_key()
        save(store, key, JPEG)
        assert stat.S_IMODE((tmp_path / "media" / key).stat().st_mode) == 0o640


class TestLocalPromotion(PromotionContract):
    pass


class TestLocalReading(ReadingContract):
    @pytest.mark.parametrize("key", NOT_KEYS)
    def test_T24_the_doors_lead_nowhere_else(self, store: LocalStore, web: TestWeb, tmp_path: Path, key: str) -> None:
        (tmp_path / "x").write_text("secret")
        for door in ("storage", "media"):
            assert web.get(f"http://market.test/{door}/{key}").status in (403, 404)
            assert web.get(f"http://market.test/{door}/listings/{key}").status in (403, 404)

    def test_T28_everything_is_served_inertly(self, store: LocalStore, web: TestWeb) -> None:
        key = photo_key()
        save(store, key, HTML, "text/html")
        for url in (store.presign_get(key, expires_in=60), store.public_url(key)):
            headers = web.get(url).headers
            assert headers["content-type"] == "image/jpeg"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["content-security-policy"] == "sandbox; default-src 'none'"

    def test_a_disk_that_fails_is_a_store_that_is_away(self, store: LocalStore, web: TestWeb, tmp_path: Path) -> None:
        (tmp_path / "media").write_text("not a folder")
        granted = store.presign_put(photo_key(), content_type="image/jpeg")
        answer = web.put(granted.url, JPEG, granted.headers)
        assert answer.status == 503
        assert "retry-after" in answer.headers


class TestMediaDoor:
    def test_public_pictures_need_no_signature_and_are_kept_by_caches(self, store: LocalStore, web: TestWeb) -> None:
        key = photo_key()
        save(store, key, JPEG)

        answer = web.get(store.public_url(key))

        assert (answer.status, answer.body) == (200, JPEG)
        assert answer.headers["cache-control"].startswith("public, max-age=")
        assert answer.headers["content-disposition"] == "inline"

    def test_a_known_picture_is_not_sent_again(self, store: LocalStore, web: TestWeb) -> None:
        key = photo_key()
        save(store, key, JPEG)
        etag = web.get(store.public_url(key)).headers["etag"]

        answer = web.get(store.public_url(key), {"If-None-Match": etag})

        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["etag"] == etag

    def test_what_is_not_public_is_not_there(self, store: LocalStore, web: TestWeb) -> None:
        key = new_key("chat/1", "jpg", allowed={"jpg"})
        save(store, key, JPEG)
        upload(store, web, photo_key())

        assert web.get(f"http://market.test/media/{key}").status == 404
        assert web.get(f"http://market.test/media/{incoming_key(photo_key())}").status == 404
        with pytest.raises(InvalidKey):
            store.public_url(key)

    def test_head_says_the_same_without_the_bytes(self, store: LocalStore) -> None:
        key = photo_key()
        save(store, key, JPEG)
        response = Client().head(f"/media/{key}")
        assert (response.status_code, response["Content-Length"], response.content) == (200, str(len(JPEG)), b"")

    @pytest.mark.parametrize(
        ("asked", "status", "expected", "said"),
        [
            ("bytes=0-3", 206, JPEG[:4], f"bytes 0-3/{len(JPEG)}"),
            ("bytes=300-", 206, JPEG[300:], f"bytes 300-303/{len(JPEG)}"),
            ("bytes=-4", 206, JPEG[-4:], f"bytes 300-303/{len(JPEG)}"),
            ("bytes=-9999", 206, JPEG, f"bytes 0-303/{len(JPEG)}"),
            ("bytes=302-9999", 206, JPEG[302:], f"bytes 302-303/{len(JPEG)}"),
            ("bytes=304-", 416, b"", f"bytes */{len(JPEG)}"),
            ("bytes=-0", 416, b"", f"bytes */{len(JPEG)}"),
            ("bytes=5-2", 200, JPEG, None),
            ("bytes=0-1,5-6", 200, JPEG, None),
            ("bytes=-", 200, JPEG, None),
            ("lines=0-3", 200, JPEG, None),
        ],
    )
    def test_a_part_of_a_file(
        self, store: LocalStore, web: TestWeb, asked: str, status: int, expected: bytes, said: str | None
    ) -> None:
        key = photo_key()
        save(store, key, JPEG)

        answer = web.get(store.public_url(key), {"Range": asked})

        assert (answer.status, answer.body) == (status, expected)
        assert answer.headers.get("content-range") == said
        assert answer.headers["content-length"] == str(len(expected))

    def test_a_part_of_a_file_that_has_changed_is_the_whole(self, store: LocalStore, web: TestWeb) -> None:
        key = photo_key()
        save(store, key, JPEG)
        answer = web.get(store.public_url(key), {"Range": "bytes=0-3", "If-Range": '"older"'})
        assert (answer.status, answer.body) == (200, JPEG)


# ── Through the real server: what a body does to memory, and where it is cut off ─────────────────


class Server:
    def __init__(self, folder: Path, secret: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.media = folder / "media"
        environment = {**os.environ, "VAR_DIR": str(folder), "SECRET_KEY": secret, "BASE_URL": self.base_url}
        command = [sys.executable, "-m", "uvicorn", "marketplace.asgi:application", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--log-level", "warning"], env={**environment, "S3_ENDPOINT": "", "APP_ENV": "local"}
        )

    def wait(self) -> None:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, "the server did not start"
            time.sleep(0.1)
        raise AssertionError("the server did not listen")

    def memory_peak(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    from django.conf import settings as real

    running = Server(tmp_path_factory.mktemp("server"), real.SECRET_KEY)
    try:
        running.wait()
        yield running
    finally:
        running.process.kill()
        running.process.wait()


@pytest.fixture
def served(settings: Settings, server: Server) -> LocalStore:
    settings.S3_ENDPOINT = ""
    settings.MEDIA_ROOT = server.media
    settings.BASE_URL = server.base_url
    store = get_store()
    assert isinstance(store, LocalStore)
    return store


def chunks(count: int, sent: list[int]) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * MEBIBYTE
        sent.append(MEBIBYTE)


class TestThroughTheServer:
    def test_T25_fifty_mebibytes_pass_and_one_byte_more_does_not(self, server: Server, served: LocalStore) -> None:
        key = photo_key()
        granted = served.presign_put(key, content_type="image/jpeg")

        over = httpx.put(granted.url, content=b"x" * (LIMIT + 1), headers=granted.headers, timeout=60)
        exact = httpx.put(granted.url, content=b"x" * LIMIT, headers=granted.headers, timeout=60)

        assert (over.status_code, exact.status_code) == (413, 200)
        found = served.head(incoming_key(key))
        assert found is not None
        assert (found.size, exact.headers["etag"]) == (LIMIT, f'"{found.etag}"')

    def test_T25_a_chunked_body_is_taken_when_it_fits(self, server: Server, served: LocalStore) -> None:
        key = photo_key()
        granted = served.presign_put(key, content_type="image/jpeg")
        answer = httpx.put(granted.url, content=chunks(2, []), headers=granted.headers, timeout=60)
        assert answer.status_code == 200
        assert len(content(served, incoming_key(key))) == 2 * MEBIBYTE

    def test_T25_an_endless_chunked_body_is_cut_off_with_flat_memory(self, server: Server, served: LocalStore) -> None:
        key = photo_key()
        granted = served.presign_put(key, content_type="image/jpeg")
        before, sent = server.memory_peak(), list[int]()

        try:
            answer = httpx.put(granted.url, content=chunks(500, sent), headers=granted.headers, timeout=60)
            assert answer.status_code == 413
        except httpx.TransportError:
            pass  # cut off while still sending: the kernel says so while writing or while reading, as it happens

        assert sum(sent) < LIMIT + 10 * MEBIBYTE
        assert server.memory_peak() - before < 100 * MEBIBYTE
        assert served.head(incoming_key(key)) is None

    def test_T25_an_understated_length_takes_what_was_stated(self, server: Server, served: LocalStore) -> None:
        key = photo_key()
        url = urlsplit(served.presign_put(key, content_type="image/jpeg").url)
        head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n"
        head += "Content-Type: image/jpeg\r\nContent-Length: 5"

        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(f"{head}\r\n\r\n12345".encode())
            assert connection.recv(2_000).startswith(b"HTTP/1.1 200")
            connection.sendall(b"x" * 70_000)
            assert connection.recv(2_000)[:12] in (b"HTTP/1.1 400", b"")

        found = served.head(incoming_key(key))
        assert found is not None
        assert found.size == 5
