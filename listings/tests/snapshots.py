"""Pictures as phones and programs write them: with a place, a device and words that are nobody's business."""

from __future__ import annotations

import io
import struct

from PIL import ExifTags, Image, PngImagePlugin

from listings.tests.studio import drawn, encoded

SECRET = b"Calle 100, Bogota"
WORDS = SECRET.decode()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + SECRET + b"</x:xmpmeta>"
FRAMES = [drawn(60, 40, at=(-2, -1, 1, step)) for step in (1, 0.8, 0.6)]


def camera(turn: int = 1) -> Image.Exif:
    """What a phone writes: where, with what, when, and how it was held."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = exif[ExifTags.Base.Model] = WORDS
    exif[ExifTags.Base.Orientation] = turn
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLatitude] = "N", (4.0, 41.0, 2.5)
    place[ExifTags.GPS.GPSLongitudeRef], place[ExifTags.GPS.GPSLongitude] = "W", (74.0, 3.0, 9.0)
    return exif


def texts() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", WORDS)
    info.add_text("Packed", WORDS, zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    info.add(b"tIME", struct.pack(">HBBBBB", 2026, 11, 26, 9, 30, 0))
    info.add(b"laTi", SECRET)
    return info


def as_jpeg(turn: int = 1) -> bytes:
    """Behind its end a second picture, as phones append one."""
    first = encoded(drawn(), "JPEG", exif=camera(turn), comment=SECRET, xmp=XMP, progressive=True)
    return first + encoded(drawn(), "JPEG", exif=camera()) + SECRET


def as_png(turn: int = 1) -> bytes:
    return encoded(drawn(), "PNG", exif=camera(turn), pnginfo=texts()) + SECRET


def as_webp(turn: int = 1) -> bytes:
    return encoded(drawn(), "WEBP", exif=camera(turn), xmp=XMP) + SECRET


def moving(kind: str, **options: object) -> bytes:
    return encoded(FRAMES[0], kind, save_all=True, append_images=FRAMES[1:], duration=120, loop=3, **options)


def frames_of(body: bytes) -> list[tuple[bytes, object]]:
    image = Image.open(io.BytesIO(body))
    shown = []
    for index in range(getattr(image, "n_frames", 1)):
        image.seek(index)
        shown.append((image.convert("RGBA").tobytes(), image.info.get("duration")))
    return shown
