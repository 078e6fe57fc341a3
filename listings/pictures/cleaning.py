"""A picture as it was sent, without what the camera wrote beside it: no place, no device, no time, no words.

The file is copied part by part (`containers`) and keeps its pixels, its colours and the way it is turned.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from listings.pictures.containers import gif, jpeg, png, webp
from listings.pictures.containers.trouble import Broken
from listings.pictures.decode import NotAPicture, turn_of

Copy = Callable[[bytes, BinaryIO, int], None]


def clean(original: Path, target: Path) -> None:
    """Raises `NotAPicture` for what cannot be told apart; then nothing of it may be shown to anybody."""
    picture = original.read_bytes()
    copy = _copier(picture)
    try:
        with target.open("wb") as file:
            copy(picture, file, turn_of(original))
    except Broken as error:
        raise NotAPicture("cannot be made clean") from error


def _copier(picture: bytes) -> Copy:
    if picture.startswith(jpeg.SIGNATURE):
        return jpeg.copy
    if picture.startswith(png.SIGNATURE):
        return png.copy
    if picture.startswith(gif.SIGNATURES):
        return gif.copy
    if webp.is_one(picture):
        return webp.copy
    raise NotAPicture("cannot be made clean")
