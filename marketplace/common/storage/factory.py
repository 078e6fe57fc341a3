"""From settings to a store."""

from __future__ import annotations

from functools import lru_cache

from marketplace.common.storage.base import ObjectStore, PublicAddress
from marketplace.common.storage.config import StorageConfig, read_settings
from marketplace.common.storage.local import LocalStore
from marketplace.common.storage.signing import UrlSigner


def get_store() -> ObjectStore:
    """The store these settings ask for: one for each set of settings, so a test may simply override them."""
    return _build(read_settings())


@lru_cache(maxsize=8)
def _build(config: StorageConfig) -> ObjectStore:
    public = PublicAddress(config.base_url, config.public_prefixes)
    if config.s3 is not None:
        # boto3 costs every process 20 MB and a quarter of a second: only those who use it pay
        from marketplace.common.storage.s3 import S3Store

        return S3Store(config.s3, public=public)
    signer = UrlSigner(config.base_url, config.secret)
    return LocalStore(root=config.root, signer=signer, public=public, max_bytes=config.max_bytes)
