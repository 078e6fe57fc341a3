"""Pictures as such: under limits, upright, in sRGB, with nothing left of the file they came in."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageEnhance

from listings.pictures.decode import MAX_PIXELS, NotAPicture, decode
from listings.pictures.fingerprint import fingerprint, main_colour
from listings.pictures.painter import Painter, PainterLost, RenderFailed
from listings.pictures.scans import MAX_SCANS, count_scans
from listings.tests.studio import drawn, encoded, jpeg, opened

SIZES = (300, 800)


@pytest.fixture
def easel() -> Iterator[Painter]:
    painter = Painter()
    yield painter
    painter.close()


def kept(folder: Path, body: bytes) -> Path:
    path = folder / "original"
    path.write_bytes(body)
    return path


def decoded(folder: Path, body: bytes, *, longest_side: int = 2560) -> Image.Image:
    return decode(kept(folder, body), longest_side=longest_side)


def png_claiming(width: int, height: int, body: bytes = b"") -> bytes:
    """A header of any size over whatever pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = body or zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def corner_of(orientation: int) -> bytes:
    """Red in one corner, lying as a camera held that way would write it."""
    upright = Image.new("RGB", (40, 20), "white")
    ImageDraw.Draw(upright).rectangle((0, 0, 9, 9), fill="red")
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # Pillow's numbers of the opposite turns
    lying = upright if back is None else upright.transpose(Image.Transpose(back))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(lying, "JPEG", exif=exif, quality=95, subsampling=0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_shown_upright(tmp_path: Path, orientation: int) -> None:
    image = decoded(tmp_path, corner_of(orientation))

    assert image.size == (40, 20)
    red, green, _ = image.getpixel((4, 4))  # type: ignore[misc]
    assert (red > 200, green < 80) == (True, True)
    assert min(image.getpixel((35, 15))) > 200  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixel_becomes_plain_rgb(tmp_path: Path, mode: str) -> None:
    source = Image.new("I;16", (60, 40), 30_000) if mode == "I;16" else drawn(60, 40).convert(mode)
    image = decoded(tmp_path, encoded(source, "JPEG" if mode == "CMYK" else "PNG"))

    assert (image.mode, image.size, image.info) == ("RGB", (60, 40), {})
    if mode == "I;16":
        assert image.getpixel((5, 5)) == (117, 117, 117)


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    for source in (Image.new("RGBA", (20, 20), (0, 0, 0, 0)), Image.new("LA", (20, 20), (0, 0))):
        assert decoded(tmp_path, encoded(source, "PNG")).getpixel((10, 10)) == (255, 255, 255)


def test_colours_of_another_profile_are_converted(tmp_path: Path) -> None:
    from PIL import ImageCms

    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    for profile in (linear, b"no profile at all", linear[:200]):
        image = decoded(tmp_path, encoded(Image.new("RGB", (20, 20), "teal"), "PNG", icc_profile=profile))
        assert (image.mode, image.info) == ("RGB", {})
    with pytest.raises(NotAPicture):  # a profile that unpacks to megabytes is none
        decoded(tmp_path, encoded(Image.new("RGB", (20, 20)), "PNG", icc_profile=bytes(3_000_000)))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_a_film_the_first_picture_is_taken(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "green", "blue")]
    body = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)

    if kind == "GIF":  # not a kind that is taken, whatever its name says
        with pytest.raises(NotAPicture):
            decoded(tmp_path, body)
    else:
        red, green, _ = decoded(tmp_path, body).getpixel((5, 5))  # type: ignore[misc]
        assert (red > 200, green < 60) == (True, True)


@pytest.mark.parametrize("kind", ["TIFF", "ICO", "BMP", "PPM", "TGA", "PCX", "EPS", "PDF", "JPEG2000"])
def test_T24_other_formats_are_not_even_tried(tmp_path: Path, kind: str) -> None:
    with pytest.raises(NotAPicture, match="UnidentifiedImageError"):
        decoded(tmp_path, encoded(drawn(64, 64), kind))


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_T24_a_truncated_picture_is_none(tmp_path: Path, kind: str, share: float) -> None:
    body = encoded(drawn(400, 300), kind)
    with pytest.raises(NotAPicture):
        decoded(tmp_path, body[: int(len(body) * share)])


def test_T26_a_pixel_flood_is_refused_by_its_header(tmp_path: Path) -> None:
    for width, height in ((50_000, 50_000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS, 2), (100_000, 1)):
        with pytest.raises(NotAPicture, match=r"too (many|large)|cannot be decoded"):
            decoded(tmp_path, png_claiming(width, height))


def test_T26_a_bomb_within_the_limits_fits_into_bounded_memory(tmp_path: Path, easel: Painter) -> None:
    """A thousandfold compression, as large as is allowed; and one that unpacks to more than it says."""
    flood = zlib.compress(bytes(200_000_000), 9)
    largest = encoded(Image.new("RGBA", (5_000, 5_000)), "PNG")

    easel.render(kept(tmp_path, largest), tmp_path, extension="png", sizes=SIZES)
    with pytest.raises(NotAPicture):
        easel.render(kept(tmp_path, png_claiming(50_000, 50_000, flood)), tmp_path, extension="png", sizes=SIZES)

    assert easel._child is not None
    status = Path(f"/proc/{easel._child.pid}/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0])
    assert peak < 450_000, f"{peak} kB"


def test_T26_a_jpeg_of_countless_scans_is_refused(tmp_path: Path) -> None:
    body = encoded(drawn(), "JPEG", progressive=True)
    assert 2 < count_scans(body) < 20
    last = body.rindex(b"\xff\xda")
    many = body[:last] + body[last:-2] * (MAX_SCANS + 1) + body[-2:]

    assert count_scans(many) > MAX_SCANS
    with pytest.raises(NotAPicture, match="too many scans"):
        decoded(tmp_path, many)


def test_what_a_phone_appends_to_a_picture_does_not_count(tmp_path: Path) -> None:
    assert decoded(tmp_path, jpeg() + b"\xff\xda" * 1000).size == (240, 160)


def test_a_large_picture_is_made_smaller_and_a_small_one_never_larger(tmp_path: Path, easel: Painter) -> None:
    facts = easel.render(kept(tmp_path, jpeg(3000, 1000)), tmp_path, extension="jpg", sizes=SIZES)

    assert (facts.width, facts.height) == (2560, 853)
    assert [opened((tmp_path / name).read_bytes()).size for name in ("full.jpg", "800.jpg", "300.jpg")] == [
        (2560, 853),
        (800, 267),
        (300, 100),
    ]
    easel.render(kept(tmp_path, jpeg(200, 100)), tmp_path, extension="webp", sizes=SIZES)
    assert opened((tmp_path / "800.jpg").read_bytes()).size == (200, 100)


class TestPainter:
    @pytest.fixture
    def ill(self, tmp_path: Path) -> Iterator[Painter]:
        """Dies of an order that says png, hangs at one that says webp, answers all others with its failure."""
        program = tmp_path / "ill.py"
        program.write_text(
            "import sys, time, os, signal\n"
            "for line in sys.stdin:\n"
            "    if '\"png\"' in line: os.kill(os.getpid(), signal.SIGSEGV)\n"
            "    if '\"webp\"' in line: time.sleep(60)\n"
            '    print(\'{"failure": "disk full"}\', flush=True)\n'
        )
        painter = Painter([sys.executable, str(program)])
        yield painter
        painter.close()

    @pytest.mark.parametrize("extension", ["png", "webp"])
    def test_a_picture_that_kills_or_stops_the_decoder_costs_one_process(
        self, ill: Painter, tmp_path: Path, extension: str
    ) -> None:
        with pytest.raises(PainterLost):
            ill.render(tmp_path, tmp_path, extension=extension, sizes=SIZES, timeout=0.5)
        with pytest.raises(RenderFailed, match="disk full"):
            ill.render(tmp_path, tmp_path, extension="jpg", sizes=SIZES)

    def test_a_decoder_that_is_gone_is_replaced(self, easel: Painter, tmp_path: Path) -> None:
        original = kept(tmp_path, jpeg())
        easel.render(original, tmp_path, extension="jpg", sizes=SIZES)
        assert easel._child is not None
        easel._child.kill()
        easel._child.wait()

        with pytest.raises(PainterLost):
            easel.render(original, tmp_path, extension="jpg", sizes=SIZES)
        assert easel.render(original, tmp_path, extension="jpg", sizes=SIZES).width == 240

    def test_the_decoder_knows_none_of_our_secrets(
        self, easel: Painter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JWT_SECRET", "not-for-the-decoder")
        easel.render(kept(tmp_path, jpeg()), tmp_path, extension="jpg", sizes=SIZES)

        assert easel._child is not None
        environment = Path(f"/proc/{easel._child.pid}/environ").read_bytes()
        assert b"SECRET" not in environment
        assert b"DATABASE" not in environment


def apart(one: Image.Image, other: Image.Image) -> int:
    first, second = fingerprint(one), fingerprint(other)
    assert first is not None
    assert second is not None
    return ((first ^ second) & (2**64 - 1)).bit_count()


def test_copies_of_a_picture_look_alike_and_other_pictures_do_not() -> None:
    image = drawn(800, 600)
    copies = [
        image.resize((320, 240)),
        opened(encoded(image, "JPEG", quality=30)),
        ImageEnhance.Brightness(image).enhance(1.2),
        image.crop((8, 6, 792, 594)),
    ]
    assert max(apart(image, copy) for copy in copies) <= 6
    assert apart(image, drawn(800, 600, at=(-1, 0, 0, 1))) > 12
    assert apart(image, image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).rotate(90)) > 12


def test_a_picture_of_nothing_has_no_fingerprint() -> None:
    wall = Image.new("RGB", (300, 200), "#abcdef")
    gradient = Image.linear_gradient("L").resize((300, 200))
    for image in (wall, gradient, gradient.transpose(Image.Transpose.ROTATE_90)):
        assert fingerprint(image) is None


def test_the_main_colour_is_what_covers_most() -> None:
    image = Image.new("RGB", (100, 100), "#2040a0")
    ImageDraw.Draw(image).rectangle((0, 0, 40, 40), fill="white")
    assert main_colour(image) == "#2040a0"
