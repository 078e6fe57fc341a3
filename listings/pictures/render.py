"""One upload in, the files to be shown out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from listings.pictures.decode import FORMATS, decode, size_of
from listings.pictures.fingerprint import fingerprint, main_colour

LONGEST_SIDE = 2560
LOOKED_INTO = (*FORMATS, "GIF")  # what has a preview, also where it is not shown itself
QUALITY = 85
FORMAT_OF_EXTENSION = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}


@dataclass(frozen=True)
class Rendered:
    width: int
    height: int
    colour: str
    fingerprint: int | None


def render(original: Path, folder: Path, *, extension: str, sizes: list[int]) -> Rendered:
    """Writes `full.<extension>` and `<size>.jpg` into the folder. Raises `NotAPicture`."""
    image = decode(original, longest_side=LONGEST_SIDE)
    _write(image, folder / f"full.{extension}")
    facts = Rendered(*image.size, colour=main_colour(image), fingerprint=fingerprint(image))
    for size in sorted(sizes, reverse=True):  # each from the one before: the large ones are expensive to scale
        image.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
        _write(image, folder / f"{size}.jpg")
    return facts


def preview(original: Path, folder: Path, *, pixels: int) -> tuple[int, int]:
    """Writes `<pixels>.jpg` into the folder and says how large the original is. Raises `NotAPicture`."""
    image = decode(original, longest_side=pixels, formats=LOOKED_INTO)
    _write(image, folder / f"{pixels}.jpg")
    return size_of(original, formats=LOOKED_INTO)


def _write(image: Image.Image, path: Path) -> None:
    match FORMAT_OF_EXTENSION[path.suffix[1:]]:
        case "JPEG":
            image.save(path, "JPEG", quality=QUALITY, optimize=True, progressive=True)
        case "WEBP":
            image.save(path, "WEBP", quality=QUALITY, method=4)
        case kind:
            image.save(path, kind)
