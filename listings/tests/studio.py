"""Pictures for tests, and the way of a picture through the doors: on the local store and on a real S3 server."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing, Photo
from listings.services.pictures import work
from marketplace.common.storage import ObjectStore, get_store
from marketplace.tests.s3_server import S3Server
from marketplace.tests.storage_contract import Answer, Web
from marketplace.tests.test_storage_s3 import BUCKET
from marketplace.tests.test_storage_s3 import TestWeb as S3Web

ADDRESS = "http://market.test"


def drawn(
    width: int = 240, height: int = 160, *, at: tuple[float, float, float, float] = (-2, -1, 1, 1)
) -> Image.Image:
    """Something with edges and areas; another corner of it for another picture."""
    return Image.effect_mandelbrot((width, height), at, 40).convert("RGB")


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(width: int = 240, height: int = 160, **options: Any) -> bytes:
    return encoded(drawn(width, height), "JPEG", **options)


def opened(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


class LocalWeb:
    """One client for all: making one sets up every middleware anew."""

    def __init__(self) -> None:
        self._client = Client(enforce_csrf_checks=True)

    def put(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        response = self._client.put(url.removeprefix(ADDRESS), body, content_type=headers["Content-Type"])
        return Answer(response.status_code, response.content, _lower(response.headers))

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        response = self._client.get(url.removeprefix(ADDRESS), headers=dict(headers or {}))
        body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        return Answer(response.status_code, body, _lower(response.headers))


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@dataclass
class Studio:
    web: Web
    signed_in: Callable[..., APIClient]
    own_origin: LocalWeb = field(default_factory=LocalWeb)

    @property
    def store(self) -> ObjectStore:
        return get_store()

    def presign(self, owner: User, listing: Listing, **more: Any) -> Any:
        body = {"listing_id": str(listing.pk), "filename": "photo.jpg", "content_type": "image/jpeg", **more}
        return self.signed_in(owner).post("/v1/images/presign", body)

    def put(self, granted: dict[str, Any], body: bytes) -> Answer:
        return self.web.put(granted["upload_url"], body, granted["headers"])

    def uploaded(self, owner: User, listing: Listing, body: bytes, **more: Any) -> str:
        """Sent, not yet confirmed; the key."""
        reply = self.presign(owner, listing, **more)
        assert reply.status_code == 201, reply.content
        granted = reply.json()
        assert self.put(granted, body).status in (200, 201)
        return str(granted["object_key"])

    def confirm(self, owner: User, listing: Listing, key: str, **more: Any) -> Any:
        return self.signed_in(owner).post(
            "/v1/images/confirm", {"listing_id": str(listing.pk), "object_key": key, **more}
        )

    def confirmed(self, owner: User, listing: Listing, body: bytes, **more: Any) -> Photo:
        key = self.uploaded(owner, listing, body, **more)
        reply = self.confirm(owner, listing, key)
        assert reply.status_code == 200, reply.content
        photo: Photo = Photo.objects.get(storage_key=key)
        return photo

    def finished(self, owner: User, listing: Listing, body: bytes, **more: Any) -> Photo:
        """Through the worker's hands as well."""
        photo = self.confirmed(owner, listing, body, **more)
        work.work_off_due()
        photo.refresh_from_db()
        return photo

    def get(self, url: str) -> Answer:
        """As a browser: on S3 our own origin only points to the bucket."""
        if not url.startswith(f"{ADDRESS}/media/"):
            return self.web.get(url)
        answer = self.own_origin.get(url)
        return self.web.get(answer.headers["location"]) if answer.status == 302 else answer

    def stored_keys(self, listing: Listing) -> set[str]:
        later = datetime.now(UTC) + timedelta(days=1)
        folders = (f"{root}listings/{listing.pk}/" for root in ("", "originals/", "incoming/"))
        return {found.key for folder in folders for found in self.store.list(folder, older_than=later)}


@pytest.fixture
def local_files(settings: Settings, tmp_path: Path) -> None:
    settings.S3_ENDPOINT = ""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BASE_URL = ADDRESS
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture
def local_studio(local_files: None, signed_in: Callable[..., APIClient]) -> Studio:
    return Studio(LocalWeb(), signed_in)


@pytest.fixture(params=["local", "s3"])
def studio(
    request: pytest.FixtureRequest, settings: Settings, local_files: None, signed_in: Callable[..., APIClient]
) -> Studio:
    if request.param == "local":
        return Studio(LocalWeb(), signed_in)
    server: S3Server = request.getfixturevalue("s3_server")
    settings.S3_ENDPOINT = settings.S3_PUBLIC_ENDPOINT = server.endpoint
    settings.S3_REGION, settings.S3_BUCKET, settings.S3_USE_PATH_STYLE = server.region, BUCKET, True
    settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = server.access_key, server.secret_key
    return Studio(S3Web(), signed_in)


@pytest.fixture
def no_limits(settings: Settings) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
