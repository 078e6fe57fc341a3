"""From bytes that may be anything to plain sRGB pixels, under limits that are checked before the work is done."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image, ImageCms

from listings.pictures.scans import MAX_SCANS, count_scans

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 50_000_000  # what phones make
MAX_PIXELS_WHOLE = 25_000_000  # of formats that cannot be decoded at a fraction of their size
MAX_SIDE = 30_000
MAX_PROFILE_BYTES = 1_048_576
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LYING = (5, 6, 7, 8)

Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow's own check warns here and refuses at twice as many; ours is exact


class NotAPicture(Exception):
    """The text is for the owner: why this picture cannot be shown."""


def decode(path: Path, *, longest_side: int, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """The first frame, upright, opaque, in sRGB, no side longer than asked for; nothing else of the file survives."""
    try:
        with Image.open(path, formats=formats) as image:
            _check(image, path)
            image.draft(None, (longest_side, longest_side))  # a large JPEG is decoded at a fraction of its size
            image.load()
            turn = _orientation(image)
            plain = _plain(_fitting(image, longest_side))
    except NotAPicture:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise NotAPicture("too large to decode") from error
    except Exception as error:  # decoders raise whatever they like at bytes like these
        raise NotAPicture(f"cannot be decoded ({type(error).__name__})") from error
    return plain.transpose(TURNS[turn]) if turn in TURNS else plain


def size_of(path: Path, *, formats: tuple[str, ...] = FORMATS) -> tuple[int, int]:
    """How large it is when it stands upright, by its header alone."""
    try:
        with Image.open(path, formats=formats) as image:
            width, height = image.size
            return (height, width) if _orientation(image) in LYING else (width, height)
    except Exception as error:
        raise NotAPicture(f"cannot be decoded ({type(error).__name__})") from error


def turn_of(path: Path, *, formats: tuple[str, ...] = FORMATS) -> int:
    """How it says it must be turned to stand upright; 1 when it says nothing that can be understood."""
    with suppress(Exception), _of_any_size(), Image.open(path, formats=formats) as image:
        return _orientation(image)
    return 1


@contextmanager
def _of_any_size() -> Iterator[None]:
    """While nothing but a header is read."""
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def _check(image: Image.Image, path: Path) -> None:
    """All that is known so far comes from the header."""
    width, height = image.size
    is_jpeg = image.format in ("JPEG", "MPO")
    if width * height > (MAX_PIXELS if is_jpeg else MAX_PIXELS_WHOLE) or max(width, height) > MAX_SIDE:
        raise NotAPicture(f"{width} x {height} pixels are too many")
    if is_jpeg and count_scans(path.read_bytes()) > MAX_SCANS:
        raise NotAPicture("too many scans")


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # a broken EXIF block spoils no picture
        return int(image.getexif().get(ORIENTATION, 1))
    return 1


def _fitting(image: Image.Image, longest_side: int) -> Image.Image:
    if image.mode in ("P", "1"):
        image = _with_profile(image, image.convert("RGBA"))
    elif image.mode.startswith("I"):  # 16 bits of grey; a plain conversion would cut them off at 255
        image = _with_profile(image, image.convert("I").point(lambda value: value * (1 / 256)).convert("L"))
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _with_profile(source: Image.Image, converted: Image.Image) -> Image.Image:
    converted.info = {name: source.info[name] for name in ("icc_profile",) if name in source.info}
    return converted


def _plain(image: Image.Image) -> Image.Image:
    image = _on_white(_in_srgb(image))
    image.info = {}  # comments, profiles and the like would be written out again
    return image


def _on_white(image: Image.Image) -> Image.Image:
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile") or b""
    if not 0 < len(profile) <= MAX_PROFILE_BYTES or image.mode not in ("RGB", "CMYK", "L"):
        return image
    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):  # a broken profile is as good as none
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return converted or image
    return image
