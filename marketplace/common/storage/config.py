"""The one place where storage reads the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

PUBLIC_PREFIXES = ("listings/", "people/")
MAX_BYTES = 52_428_800


@dataclass(frozen=True)
class S3Config:
    endpoint: str
    public_endpoint: str  # the host phones reach; it is part of what is signed
    region: str
    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    path_style: bool = True


@dataclass(frozen=True)
class StorageConfig:
    root: Path
    base_url: str
    max_bytes: int
    public_prefixes: tuple[str, ...]
    secret: str = field(repr=False)
    s3: S3Config | None


def public_base_url() -> str:
    base_url: str = settings.BASE_URL
    return base_url.rstrip("/")


def read_settings() -> StorageConfig:
    return StorageConfig(
        root=Path(settings.MEDIA_ROOT),
        base_url=public_base_url(),
        max_bytes=getattr(settings, "UPLOAD_MAX_BYTES", MAX_BYTES),
        public_prefixes=tuple(getattr(settings, "STORAGE_PUBLIC_PREFIXES", PUBLIC_PREFIXES)),
        secret=settings.SECRET_KEY,
        s3=_read_s3_settings() if settings.S3_ENDPOINT else None,
    )


def _read_s3_settings() -> S3Config:
    return S3Config(
        endpoint=settings.S3_ENDPOINT,
        public_endpoint=settings.S3_PUBLIC_ENDPOINT or settings.S3_ENDPOINT,
        region=settings.S3_REGION,
        bucket=settings.S3_BUCKET,
        access_key=settings.S3_ACCESS_KEY,
        secret_key=settings.S3_SECRET_KEY,
        path_style=settings.S3_USE_PATH_STYLE,
    )
