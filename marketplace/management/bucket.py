"""The bucket that files are kept in. Made here where the store lets us; a cloud's is usually made beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OURS_ALREADY = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}


class BucketTrouble(Exception):
    """Shown as it is: one sentence."""


def ensure() -> str:
    """Look, make it if it is not there, and say what was found."""
    name = settings.S3_BUCKET
    try:
        if _is_there(name):
            return f"Bucket {name} is there."
        _make(name)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "?")
        raise BucketTrouble(f"The store refused {error.operation_name} on bucket {name}: {code}.") from error
    except BotoCoreError as error:
        raise BucketTrouble(f"The store at {settings.S3_ENDPOINT} does not answer: {type(error).__name__}.") from error
    return f"Bucket {name} made."


def _is_there(name: str) -> bool:
    try:
        _client().head_bucket(Bucket=name)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
            return False
        raise
    return True


def _make(name: str) -> None:
    try:
        if settings.S3_REGION == "us-east-1":  # the one region that must not be named
            _client().create_bucket(Bucket=name)
        else:
            where: Any = {"LocationConstraint": settings.S3_REGION}
            _client().create_bucket(Bucket=name, CreateBucketConfiguration=where)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in OURS_ALREADY:
            raise


def _client() -> S3Client:
    return boto3.session.Session().client(
        "s3",
        endpoint_url=settings.S3_ENDPOINT,
        region_name=settings.S3_REGION,
        aws_access_key_id=settings.S3_ACCESS_KEY,
        aws_secret_access_key=settings.S3_SECRET_KEY,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if settings.S3_USE_PATH_STYLE else "virtual"},
            connect_timeout=3,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 3},
        ),
    )
