"""A picture as it was sent, without what was written beside it: no pixel changes, and nothing unknown is copied."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import ExifTags

from listings.pictures.cleaning import clean
from listings.pictures.decode import NotAPicture
from listings.tests.snapshots import SECRET, XMP, as_jpeg, as_png, as_webp, camera, frames_of, moving, texts
from listings.tests.studio import drawn, encoded, opened


def cleaned(folder: Path, body: bytes) -> bytes:
    original, target = folder / "original", folder / "clean"
    original.write_bytes(body)
    clean(original, target)
    return target.read_bytes()


@pytest.mark.parametrize("sent", [as_jpeg(), as_png(), as_webp()], ids=["jpeg", "png", "webp"])
def test_pixels_stay_and_place_device_and_words_go(tmp_path: Path, sent: bytes) -> None:
    assert opened(sent).getexif().get_ifd(ExifTags.IFD.GPSInfo)
    kept = cleaned(tmp_path, sent)
    assert opened(kept).tobytes() == opened(sent).tobytes()
    assert not opened(kept).getexif()
    assert not {"exif", "xmp", "comment", "Comment", "Packed", "XML:com.adobe.xmp"} & opened(kept).info.keys()
    assert not any(mark in kept for mark in (SECRET, b"Exif", b"eXIf", b"EXIF", b"tEXt", b"zTXt", b"xmpmeta"))


@pytest.mark.parametrize("make", [as_jpeg, as_png, as_webp])
@pytest.mark.parametrize("turn", [3, 6])
def test_it_is_turned_as_before_and_says_nothing_else(tmp_path: Path, make: Callable[[int], bytes], turn: int) -> None:
    kept = cleaned(tmp_path, make(turn))
    assert dict(opened(kept).getexif()) == {ExifTags.Base.Orientation: turn}
    assert opened(kept).tobytes() == opened(make(turn)).tobytes()
    assert SECRET not in kept


def test_an_orientation_of_a_very_large_picture_is_known_too(tmp_path: Path) -> None:
    """From its header alone: nobody decodes such a one."""
    small = as_jpeg(6)
    at = small.index(b"\xff\xc2") + 5
    kept = cleaned(tmp_path, small[:at] + struct.pack(">HH", 16_000, 16_000) + small[at + 4 :])
    assert kept[2:4] == b"\xff\xe1"
    assert SECRET not in kept


@pytest.mark.parametrize(
    "sent",
    [
        moving("GIF", comment=SECRET),
        moving("WEBP", exif=camera(), xmp=XMP, lossless=True),
        moving("PNG", exif=camera(), pnginfo=texts()),
    ],
    ids=["gif", "webp", "png"],
)
def test_films_stay_films(tmp_path: Path, sent: bytes) -> None:
    assert SECRET in sent
    kept = cleaned(tmp_path, sent)
    assert len(frames_of(kept)) == 3
    assert frames_of(kept) == frames_of(sent)
    assert opened(kept).info["loop"] == opened(sent).info["loop"]
    assert SECRET not in kept


def test_a_gif_keeps_no_program_but_the_one_that_repeats_it(tmp_path: Path) -> None:
    sent = moving("GIF")
    at = sent.index(b"\x21\xff")
    program = b"\x21\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\0"
    text = b"\x21\xf9\x04\0\0\0\0\0" + b"\x21\x01\x0c" + bytes(12) + bytes([len(SECRET)]) + SECRET + b"\0"
    assert cleaned(tmp_path, sent[:at] + program + text + sent[at:] + SECRET) == cleaned(tmp_path, sent)


def test_colours_stay_and_the_small_picture_in_the_head_goes(tmp_path: Path) -> None:
    profile = b"a profile of colours" * 8
    sent = encoded(drawn(), "JPEG", icc_profile=profile)
    thumb = sent[:18] + b"\x01\x01" + b"rgb" + sent[20:]
    thumb = thumb[:4] + struct.pack(">H", 19) + thumb[6:]
    kept = cleaned(tmp_path, thumb)
    assert kept == sent
    assert opened(kept).info["icc_profile"] == profile


def test_ordinary_pictures_are_copied_byte_by_byte(tmp_path: Path) -> None:
    for sent in (*(encoded(drawn(), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF")), moving("GIF")):
        assert cleaned(tmp_path, sent) == sent


def test_a_jpeg_that_was_cut_off_is_kept_as_far_as_it_goes(tmp_path: Path) -> None:
    sent = as_jpeg()[: len(encoded(drawn(), "JPEG", exif=camera(), comment=SECRET, xmp=XMP, progressive=True)) // 2]
    kept = cleaned(tmp_path, sent)
    assert kept.endswith(b"\xff\xd9")
    assert SECRET not in kept


def broken() -> dict[str, bytes]:
    png, webp, gif = encoded(drawn(), "PNG"), encoded(drawn(), "WEBP"), moving("GIF")
    lying = png[:8] + struct.pack(">I", 2**31) + b"tEXt" + struct.pack(">I", zlib.crc32(b"tEXt"))
    return {"png": png[:-30], "lying": lying, "webp": webp[:-30], "gif": gif[:-30], "none": b"%PDF-1.7", "empty": b""}


@pytest.mark.parametrize("name", broken())
def test_what_cannot_be_told_apart_is_not_copied(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotAPicture, match="cannot be made clean"):
        cleaned(tmp_path, broken()[name])
