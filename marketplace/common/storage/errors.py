"""What a store can say instead of an answer."""

from __future__ import annotations


class StorageError(Exception):
    pass


class StorageUnavailable(StorageError):
    """The store did not answer, or not sensibly: worth trying again later."""


class ObjectMissing(StorageError):
    """There is nothing under this key."""


class ObjectChanged(StorageError):
    """What lies under this key is not what was looked at before."""


class InvalidKey(StorageError, ValueError):
    """A key no server of ours would have made."""
