"""Files: one interface, kept in a folder or in an S3 bucket.

Start reading in `base.py` (what a store can do), then `keys.py` and docs/decisions/0005-uploads.md.
"""

from __future__ import annotations

from marketplace.common.storage.base import ObjectInfo, ObjectStore, PresignedPut, StoredObject
from marketplace.common.storage.config import public_base_url
from marketplace.common.storage.errors import (
    InvalidKey,
    ObjectChanged,
    ObjectMissing,
    StorageError,
    StorageUnavailable,
)
from marketplace.common.storage.factory import get_store
from marketplace.common.storage.keys import check_key, extension_of, incoming_key, new_key

__all__ = [
    "InvalidKey",
    "ObjectChanged",
    "ObjectInfo",
    "ObjectMissing",
    "ObjectStore",
    "PresignedPut",
    "StorageError",
    "StorageUnavailable",
    "StoredObject",
    "check_key",
    "extension_of",
    "get_store",
    "incoming_key",
    "new_key",
    "public_base_url",
]
