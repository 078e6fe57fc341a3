"""A few hundred files that nobody should ever upload, made on the spot: name, declared type, bytes."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from listings.tests.studio import drawn, encoded

SCRIPT = b"<script>alert(document.domain)</script>"
HTML = b"<!doctype html><html><body>" + SCRIPT + b"</body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"
PHP = b"<?php system($_GET['c']); __halt_compiler(); ?>"
MARK = b"corpus-payload-7f3a"  # in every tail and comment; must be in nothing that is served
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
KINDS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}


@dataclass(frozen=True)
class Hostile:
    what: str
    filename: str
    content_type: str
    body: bytes


def corpus() -> list[Hostile]:
    dice = random.Random(20)
    sources = (
        *(_honest(), _tails(), _heads(), _comments(), _truncated(), _flipped(dice), _pngs(), _jpegs(), _webps()),
        *(_films(), _others(), _programs(), _names(), _labels(), _noise(dice)),
    )
    return [file for source in sources for file in source]


def _as(what: str, body: bytes, extension: str = "jpg") -> Hostile:
    return Hostile(what, f"x.{extension}", TYPES[extension], body)


def _everywhere(what: str, body: bytes) -> Iterator[Hostile]:
    for extension in TYPES:
        yield _as(what, body, extension)


def _good(extension: str) -> bytes:
    return encoded(drawn(96, 64), KINDS[extension])


def _honest() -> Iterator[Hostile]:
    for extension in TYPES:
        yield _as("honest", _good(extension), extension)


def _zip(content: bytes = SCRIPT) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("evil.html", content)
    return file.getvalue()


def _tails() -> Iterator[Hostile]:
    """A good picture with something behind it."""
    tails = {
        "html": HTML,
        "svg": SVG,
        "php": PHP,
        "zip": _zip(),
        "jar": b"PK\x03\x04META-INF/MANIFEST.MF",
        "js": b"*/alert(1)//",
    }
    for name, tail in tails.items():
        for extension in TYPES:
            yield _as(f"picture + {name}", _good(extension) + MARK + tail, extension)


def _heads() -> Iterator[Hostile]:
    """Something with a good picture behind it."""
    heads = {
        "html": HTML,
        "svg": SVG,
        "php": PHP,
        "xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        "zip": _zip(),
        "pdf": b"%PDF-1.7\n",
        "shell": b"#!/bin/sh\nid\n",
        "blanks": b"\n\n   \t" + HTML,
        "bom": b"\xef\xbb\xbf" + HTML,
        "utf16": b"\xff\xfe" + HTML.decode().encode("utf-16-le"),
    }
    for name, head in heads.items():
        for extension in TYPES:
            yield _as(f"{name} + picture", head + _good(extension), extension)


def _comments() -> Iterator[Hostile]:
    yield _as("jpeg comment", encoded(drawn(96, 64), "JPEG", comment=MARK + HTML))
    exif = Image.Exif()
    exif[0x010E] = (MARK + SCRIPT).decode()
    exif[0x010F], exif[0x0112] = "x" * 60_000, 9999
    yield _as("huge exif", encoded(drawn(96, 64), "JPEG", exif=exif))
    for extension in TYPES:
        yield _as("exif block", encoded(drawn(96, 64), KINDS[extension], exif=exif), extension)
        yield _as("xmp", encoded(drawn(96, 64), KINDS[extension], xmp=MARK + SVG), extension)
        for what, profile in {
            "junk": MARK * 50,
            "bomb": bytes(2_000_000),
            "header": bytes(36) + b"acsp" + MARK * 9,
        }.items():
            yield _as(f"icc {what}", encoded(drawn(96, 64), KINDS[extension], icc_profile=profile), extension)
    jpeg = _good("jpg")
    segment = b"\xff\xe1\xff\xff" + b"Exif\0\0" + MARK * 3_448 + b"x" * 15
    yield _as("many exif segments", jpeg[:2] + segment[:65_537] * 20 + jpeg[2:])
    loop = b"II*\0\x08\0\0\0" + b"\x01\0" + struct.pack("<HHII", 0x8769, 4, 1, 8) + b"\x08\0\0\0"
    yield _as("exif that points to itself", encoded(drawn(96, 64), "JPEG", exif=b"Exif\0\0" + loop))


def _truncated() -> Iterator[Hostile]:
    for extension in TYPES:
        body = _good(extension)
        for share in (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97, 0.995):
            yield _as(f"cut at {share}", body[: int(len(body) * share)], extension)
        for n in (1, 2, 3, 4, 8, 12):
            yield _as(f"first {n} bytes", body[:n], extension)


def _flipped(dice: random.Random) -> Iterator[Hostile]:
    for extension in TYPES:
        for n in range(12):
            body = bytearray(_good(extension))
            for _ in range(1 + n * 3):
                body[dice.randrange(2, len(body))] = dice.randrange(256)
            yield _as(f"flipped {n}", bytes(body), extension)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def _ihdr(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def _pngs() -> Iterator[Hostile]:
    tiny = chunk(b"IDAT", zlib.compress(bytes(13)))
    flood = chunk(b"IDAT", zlib.compress(bytes(50_000_000), 9))
    packed = zlib.compressobj(6)
    rows = b"".join(packed.compress(bytes(6_251 * 500)) for _ in range(100)) + packed.flush()
    yield _as("50,000 x 50,000", _png(_ihdr(50_000, 50_000, 1, 0), chunk(b"IDAT", rows)), "png")
    for width, height in ((0, 0), (0, 9), (2**31 - 1, 2**31 - 1), (2**32 - 1, 1), (65_535, 65_535), (30_001, 1)):
        yield _as(f"png {width} x {height}", _png(_ihdr(width, height), tiny), "png")
    yield _as("more pixels than said", _png(_ihdr(2, 2), flood), "png")
    yield _as("fewer pixels than said", _png(_ihdr(4_000, 4_000), tiny), "png")
    yield _as(
        "flood of text", _png(_ihdr(2, 2), chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80_000_000), 9)), tiny), "png"
    )
    yield _as("many texts", _png(_ihdr(2, 2), chunk(b"tEXt", b"a\0" + MARK * 100) * 500, tiny), "png")
    yield _as(
        "international text",
        _png(_ihdr(2, 2), chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(9_000_000))), tiny),
        "png",
    )
    yield _as(
        "profile bomb", _png(_ihdr(2, 2), chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(80_000_000), 9)), tiny), "png"
    )
    yield _as("no header", _png(tiny), "png")
    yield _as("two headers", _png(_ihdr(2, 2), _ihdr(9_999, 9_999), tiny), "png")
    yield _as("depth 99", _png(_ihdr(2, 2, 99), tiny), "png")
    yield _as("no palette", _png(_ihdr(2, 2, 8, 3), tiny), "png")
    yield _as("huge chunk length", _png(_ihdr(2, 2))[:-12] + b"\x7f\xff\xff\xffIDAT", "png")
    yield _as("bad checksum", _good("png")[:-5] + b"\0\0\0\0\0", "png")
    yield _as("countless frames", _png(_ihdr(2, 2), chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), tiny), "png")


def _jpegs() -> Iterator[Hostile]:
    body = encoded(drawn(96, 64), "JPEG", progressive=True)
    last = body.rindex(b"\xff\xda")
    frame = body.index(b"\xff\xc2")
    for width, height in ((65_500, 65_500), (0, 0), (65_535, 1)):
        size = struct.pack(">HH", height, width)
        yield _as(f"jpeg {width} x {height}", body[: frame + 5] + size + body[frame + 9 :])
    yield _as("countless scans", body[:last] + body[last:-2] * 2_000 + body[-2:])
    yield _as("only start and end", b"\xff\xd8\xff\xd9")
    yield _as("only markers", b"\xff\xd8" + b"\xff\xda" * 5_000)
    yield _as("filled with ff", b"\xff\xd8" + b"\xff" * 100_000)
    yield _as("segment over the end", b"\xff\xd8\xff\xe0\xff\xff" + b"x" * 10)
    yield _as("no tables", body[:2] + body[frame:])
    yield _as("jpeg in jpeg", body[:20] + body + body[20:])


def _webps() -> Iterator[Hostile]:
    good = _good("webp")
    yield _as("wrong length", good[:4] + b"\xff\xff\xff\x7f" + good[8:], "webp")
    yield _as("length 0", good[:4] + bytes(4) + good[8:], "webp")
    canvas = b"\x02\0\0\0" + b"\xff\x3f\0" * 2  # animated, 16384 x 16384
    yield _as("huge canvas", b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + canvas, "webp")
    yield _as("empty", b"RIFF\x04\0\0\0WEBP", "webp")
    yield _as("unknown chunks", b"RIFF\x20\0\0\0WEBP" + b"EVIL\x10\0\0\0" + MARK[:16], "webp")
    lossless = encoded(drawn(96, 64), "WEBP", lossless=True)
    for at in range(20, 60, 4):  # where its codes begin
        yield _as(f"lossless, bent at {at}", lossless[:at] + b"\xff\xff\xff\xff" + lossless[at + 4 :], "webp")


def _films() -> Iterator[Hostile]:
    frames = [Image.new("L", (8, 8), n % 250) for n in range(3_000)]
    film = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=10)
    yield from _everywhere("gif of thousands of frames", film)
    yield from _everywhere("gif + js", b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1);//" + MARK)
    for extension in ("png", "webp"):
        few = [Image.new("RGB", (16, 16), (n, 0, 0)) for n in range(60)]
        body = encoded(few[0], KINDS[extension], save_all=True, append_images=few[1:], duration=10)
        yield _as("a film", body, extension)


def _others() -> Iterator[Hostile]:
    image = drawn(48, 32)
    for kind in ("TIFF", "ICO", "BMP", "PPM", "TGA", "PCX", "JPEG2000", "EPS", "PDF", "SGI", "DDS", "ICNS"):
        yield from _everywhere(kind, encoded(image.resize((128, 128)), kind))
    yield from _everywhere("avif", encoded(image, "AVIF"))
    yield from _everywhere("svgz", gzip.compress(SVG))
    yield from _everywhere("heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    yield from _everywhere("mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(100))


def _programs() -> Iterator[Hostile]:
    bodies = {
        "nothing": b"",
        "html": HTML,
        "svg": SVG,
        "javascript": b"alert(1)",
        "php": PHP,
        "jsp": b"<%@ page import='java.io.*' %>",
        "zip": _zip(),
        "zip bomb": _zip(bytes(20_000_000)),
        "gzip bomb": gzip.compress(bytes(20_000_000)),
        "zlib bomb": zlib.compress(bytes(20_000_000)),
        "exe": b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0" + bytes(100),
        "elf": b"\x7fELF\x02\x01\x01" + bytes(100),
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file",
        "imagemagick": b"push graphic-context\nviewbox 0 0 9 9\nfill 'url(https://169.254.169.254/\"|id\")'",
        "mvg": b"image over 0,0 0,0 'ephemeral:/etc/passwd'",
        "msl": b'<?xml version="1.0"?><image><read filename="/etc/passwd"/></image>',
        "pickle": b"cos\nsystem\n(S'id'\ntR.",
        "flash": b"FWS\x09" + bytes(4) + b"\x78" + bytes(50),
    }
    for name, body in bodies.items():
        yield from _everywhere(name, body)


def _names() -> Iterator[Hostile]:
    names = (
        *(
            "x.php.jpg",
            "x.jpg.php",
            "x.jpg%00.svg",
            "x.jpg\x00.svg",
            "x.svg",
            "x.html",
            "..jpg",
            "../../etc/passwd.jpg",
        ),
        *("..\\..\\win.ini.jpg", "/etc/cron.d/x.jpg", "gpj.\u202eexe.jpg", "صورة.jpg", "图片.jpg", "💥.jpg", " .jpg"),
        *("x.jpg ", "x.jpg.", "x.jpg/", ".jpg", ".htaccess", "CON.jpg", "x.jpg;.png", "x.jpg?.svg", "x.jpg#.svg"),
        *("a" * 251 + ".jpg", "a" * 300 + ".jpg", "<img src=x onerror=alert(1)>.jpg", "x\r\nSet-Cookie: a=b.jpg"),
        *(
            "'; DROP TABLE listings_photo;--.jpg",
            "$(id).jpg",
            "`id`.jpg",
            "|id.jpg",
            "{{7*7}}.jpg",
            "%s%n.jpg",
            "x.JPG",
        ),
    )
    for name in names:
        yield Hostile(f"named {name[:20]!r}", name, "image/jpeg", _good("jpg"))


def _labels() -> Iterator[Hostile]:
    labels = (
        *("image/svg+xml", "text/html", "application/pdf", "image/gif", "image/tiff", "image/heic", "image/x-icon"),
        *("image/jpeg; charset=utf-8", "image/jpeg\r\nX: y", "image/jpeg,text/html", "IMAGE/JPEG", "image/pjpeg"),
        *("application/octet-stream", "*/*", "image/*", "image", "/", "image/jpeg\x00text/html", "multipart/form-data"),
    )
    for label in labels:
        yield Hostile(f"labelled {label!r}", "x.jpg", label, HTML)


def _noise(dice: random.Random) -> Iterator[Hostile]:
    for n, size in enumerate((1, 7, 100, 5_120, 100_000)):
        yield _as(f"noise {n}", dice.randbytes(size), ("jpg", "png", "webp")[n % 3])
