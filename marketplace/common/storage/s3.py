"""Files in a bucket of anything that speaks S3 with Signature Version 4."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from marketplace.common.storage.base import (
    PRESIGNED_PUT_SECONDS,
    ObjectInfo,
    ObjectStore,
    PresignedPut,
    PublicAddress,
    StoredObject,
)
from marketplace.common.storage.config import S3Config
from marketplace.common.storage.errors import ObjectChanged, ObjectMissing, StorageError, StorageUnavailable
from marketplace.common.storage.keys import check_key, check_prefix, incoming_key
from marketplace.common.storage.presentation import present

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

CHUNK = 65_536
MISSING = {"NoSuchKey", "NotFound", "404"}
# 409 is AWS for "another conditional write is under way", 501 a store that knows no condition here
CONDITION_REFUSED = {"PreconditionFailed", "412", "ConditionalRequestConflict", "NotImplemented"}


class S3Store(ObjectStore):
    def __init__(self, config: S3Config, *, public: PublicAddress) -> None:
        super().__init__(public)
        self._bucket = config.bucket
        self._client = _client(config, config.endpoint)
        self._signer = _client(config, config.public_endpoint)

    def presign_put(
        self,
        key: str,
        *,
        content_type: str,
        content_length: int | None = None,
        max_length: int | None = None,
        expires_in: int = PRESIGNED_PUT_SECONDS,
    ) -> PresignedPut:
        params: dict[str, Any] = {**self._at(incoming_key(key)), "ContentType": content_type}
        if content_length is not None:
            params["ContentLength"] = content_length
        url = self._signer.generate_presigned_url("put_object", Params=params, ExpiresIn=expires_in)
        return PresignedPut(url, {"Content-Type": content_type})

    def presign_get(self, key: str, *, expires_in: int, download_name: str | None = None, inline: bool = False) -> str:
        shown = present(key, download_name=download_name, inline=inline)
        params = {
            **self._at(key),
            "ResponseContentType": shown.content_type,
            "ResponseContentDisposition": shown.disposition,
        }
        return self._signer.generate_presigned_url("get_object", Params=params, ExpiresIn=expires_in)

    def head(self, key: str) -> ObjectInfo | None:
        try:
            with _translated():
                found = self._client.head_object(**self._at(key))
        except ObjectMissing:
            return None
        etag = found["ETag"].strip('"')
        return ObjectInfo(found["ContentLength"], found.get("ContentType", ""), etag, found["LastModified"])

    def open(self, key: str) -> BinaryIO:
        with _translated():
            found = self._client.get_object(**self._at(key))
        return io.BufferedReader(_Body(found["Body"]), CHUNK)

    def read_start(self, key: str, n: int) -> bytes:
        try:
            with _translated():
                return self._client.get_object(**self._at(key), Range=f"bytes=0-{n - 1}")["Body"].read()
        except _NothingInRange:  # an empty object has no first byte
            return b""

    def save(self, key: str, fileobj: BinaryIO, *, content_type: str) -> ObjectInfo:
        with _translated():
            self._client.put_object(**self._at(key), Body=fileobj, ContentType=content_type)
        saved = self.head(key)
        if saved is None:
            raise StorageUnavailable(f"{key} is not there right after it was saved")
        return saved

    def delete(self, key: str) -> None:
        with _translated():
            self._client.delete_object(**self._at(key))

    def list(self, prefix: str, *, older_than: datetime) -> Iterator[StoredObject]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=check_prefix(prefix))
        with _translated():
            for page in pages:
                for found in page.get("Contents", []):
                    if found["LastModified"] < older_than:
                        yield StoredObject(found["Key"], found["Size"], found["LastModified"])

    def _copy_unchanged(self, source_key: str, target_key: str, *, etag: str) -> None:
        """With `If-None-Match: *` the store itself settles a race for the target.

        Not all stores know it on a copy: some refuse it, some apply it to the source. Those are asked again without,
        once it is clear that the target is not there.
        """
        try:
            self._copy(source_key, target_key, etag, IfNoneMatch="*")
        except ObjectChanged:
            if self.head(target_key) is None:
                self._copy(source_key, target_key, etag)

    def _copy(self, source_key: str, target_key: str, etag: str, **conditions: str) -> None:
        source = {"Bucket": self._bucket, "Key": check_key(source_key)}
        with _translated():
            self._client.copy_object(
                **self._at(target_key),
                CopySource=cast(Any, source),
                CopySourceIfMatch=f'"{etag}"',
                **cast(Any, conditions),
            )

    def _at(self, key: str) -> Any:
        return {"Bucket": self._bucket, "Key": check_key(key)}


class _Body(io.RawIOBase):
    """botocore's stream as a file, with our errors."""

    def __init__(self, body: StreamingBody) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _translated():
            chunk = self._body.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._body.close()
        super().close()


class _NothingInRange(StorageError):
    pass


def _client(config: S3Config, endpoint: str) -> S3Client:
    """Short waits and one retry: a request that hangs holds a thread others need."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint,
        region_name=config.region,
        aws_access_key_id=config.access_key,
        aws_secret_access_key=config.secret_key,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if config.path_style else "virtual"},
            # else every presigned PUT would demand a checksum header that no phone sends
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=1,
            read_timeout=5,
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=32,
        ),
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _meaning(error) from error
    except BotoCoreError as error:
        raise StorageUnavailable(type(error).__name__) from error


def _meaning(error: ClientError) -> StorageError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in MISSING:
        return ObjectMissing(code)
    if code in CONDITION_REFUSED:
        return ObjectChanged(code)
    if code in {"InvalidRange", "416"}:
        return _NothingInRange(code)
    return StorageUnavailable(f"{error.operation_name}: {code}")
