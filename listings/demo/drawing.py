"""Pictures of things, drawn: nobody's photographs, nobody's rights."""

from __future__ import annotations

import random
from collections.abc import Callable

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Draw = ImageDraw.ImageDraw

SIZE = (1_000, 750)
WALLS: tuple[Colour, ...] = (
    *((233, 226, 211), (214, 226, 233), (222, 233, 214), (240, 219, 209), (226, 218, 236), (247, 236, 199)),
    *((205, 219, 214), (236, 236, 236)),
)
PAINTS: tuple[Colour, ...] = (
    *((47, 62, 84), (166, 60, 52), (38, 112, 98), (198, 134, 42), (88, 72, 132), (52, 98, 158), (74, 74, 74)),
    *((151, 91, 60), (176, 80, 116)),
)
LIGHT: Colour = (250, 250, 246)
DARK: Colour = (40, 42, 46)


def picture(kind: str, chance: random.Random) -> Image.Image:
    """A thing on a table: wall, table, and the thing somewhere near the middle."""
    image = Image.new("RGB", SIZE, chance.choice(WALLS))
    draw = ImageDraw.Draw(image)
    edge = chance.randint(470, 600)
    draw.rectangle((0, edge, *SIZE), fill=_shade(chance.choice(WALLS), 0.82))
    _things_around(draw, chance, edge)
    left, top = chance.randint(-90, 90), chance.randint(-40, 40)
    DRAWN.get(kind, _box)(draw, left, top, chance.choice(PAINTS), chance)
    return image


def _things_around(draw: Draw, chance: random.Random, edge: int) -> None:
    """A window, a frame or a plant's pot, so that no two pictures of a kind are alike."""
    for _ in range(chance.randint(1, 3)):
        x, width, height = chance.randint(0, 900), chance.randint(60, 240), chance.randint(60, 260)
        colour = _shade(chance.choice(WALLS), chance.uniform(0.7, 1.05))
        draw.rectangle((x, edge - height, x + width, edge), fill=colour, outline=_shade(colour, 0.85), width=6)


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (max(0, min(255, int(part * factor))) for part in colour)
    return red, green, blue


# ── Things: each drawn around the middle, moved by (x, y) ────────────────────────────────────────


def _laptop(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    draw.rounded_rectangle((260 + x, 190 + y, 740 + x, 510 + y), 18, fill=DARK)
    draw.rectangle((280 + x, 210 + y, 720 + x, 490 + y), fill=paint)
    _lines(draw, (310 + x, 240 + y), chance, LIGHT)
    base = [(200 + x, 590 + y), (800 + x, 590 + y), (742 + x, 510 + y), (258 + x, 510 + y)]
    draw.polygon(base, fill=(150, 153, 158))
    draw.rectangle((430 + x, 555 + y, 570 + x, 580 + y), fill=(120, 123, 128))


def _tablet(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    draw.rounded_rectangle((310 + x, 150 + y, 690 + x, 630 + y), 30, fill=DARK)
    draw.rectangle((335 + x, 185 + y, 665 + x, 595 + y), fill=paint)
    _lines(draw, (360 + x, 215 + y), chance, LIGHT)


def _phone(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    draw.rounded_rectangle((385 + x, 120 + y, 615 + x, 610 + y), 40, fill=DARK)
    draw.rounded_rectangle((399 + x, 136 + y, 601 + x, 594 + y), 28, fill=paint)
    for row in range(4):
        for column in range(3):
            corner = (422 + x + 58 * column, 330 + y + 60 * row)
            draw.rounded_rectangle((*corner, corner[0] + 40, corner[1] + 40), 10, fill=chance.choice(WALLS))


def _book(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    for below in range(chance.randint(0, 2)):
        draw.rectangle((290 + x, 612 + y + 34 * below, 720 + x, 642 + y + 34 * below), fill=chance.choice(PAINTS))
    draw.rectangle((320 + x, 130 + y, 680 + x, 610 + y), fill=paint)
    draw.rectangle((320 + x, 130 + y, 352 + x, 610 + y), fill=_shade(paint, 0.7))
    draw.rectangle((390 + x, 190 + y, 640 + x, 300 + y), fill=LIGHT)
    _lines(draw, (405 + x, 208 + y), chance, paint, rows=3, longest=210)
    draw.ellipse((440 + x, 370 + y, 590 + x, 520 + y), fill=chance.choice(WALLS))


def _headphones(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    draw.arc((320 + x, 150 + y, 680 + x, 590 + y), 180, 360, fill=DARK, width=34)
    for left in (290, 620):
        draw.rounded_rectangle((left + x, 340 + y, left + 90 + x, 540 + y), 40, fill=paint)


def _calculator(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    draw.rounded_rectangle((365 + x, 130 + y, 635 + x, 630 + y), 26, fill=paint)
    draw.rectangle((395 + x, 165 + y, 605 + x, 250 + y), fill=(196, 208, 180))
    for row in range(6):
        for column in range(4):
            corner = (395 + x + 55 * column, 280 + y + 55 * row)
            draw.rounded_rectangle((*corner, corner[0] + 42, corner[1] + 36), 8, fill=LIGHT if column < 3 else DARK)


def _mouse(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    draw.ellipse((390 + x, 240 + y, 610 + x, 610 + y), fill=paint)
    draw.line((500 + x, 245 + y, 500 + x, 400 + y), fill=LIGHT, width=6)
    draw.rounded_rectangle((486 + x, 290 + y, 514 + x, 360 + y), 14, fill=LIGHT)


def _keyboard(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    draw.rounded_rectangle((170 + x, 350 + y, 830 + x, 590 + y), 20, fill=DARK)
    for row in range(4):
        for column in range(12):
            corner = (192 + x + 52 * column, 370 + y + 52 * row)
            fill = paint if chance.random() < 0.15 else LIGHT
            draw.rounded_rectangle((*corner, corner[0] + 42, corner[1] + 42), 8, fill=fill)


def _monitor(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    draw.rectangle((470 + x, 500 + y, 530 + x, 610 + y), fill=(120, 123, 128))
    draw.rectangle((380 + x, 600 + y, 620 + x, 622 + y), fill=(120, 123, 128))
    draw.rounded_rectangle((200 + x, 150 + y, 800 + x, 510 + y), 16, fill=DARK)
    draw.rectangle((216 + x, 166 + y, 784 + x, 494 + y), fill=paint)
    _lines(draw, (250 + x, 200 + y), chance, LIGHT)


def _bicycle(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    for left in (170, 560):
        draw.ellipse((left + x, 340 + y, left + 270 + x, 610 + y), outline=DARK, width=14)
    frame = [(305 + x, 475 + y), (420 + x, 300 + y), (640 + x, 300 + y), (490 + x, 475 + y)]
    draw.line([*frame, frame[0]], fill=paint, width=18, joint="curve")
    draw.line((420 + x, 300 + y, 490 + x, 475 + y), fill=paint, width=18)
    draw.line((695 + x, 475 + y, 630 + x, 250 + y, 690 + x, 240 + y), fill=paint, width=16, joint="curve")
    draw.rounded_rectangle((365 + x, 262 + y, 455 + x, 290 + y), 12, fill=DARK)


def _board(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    draw.rectangle((190 + x, 130 + y, 810 + x, 560 + y), fill=(151, 111, 71))
    draw.rectangle((210 + x, 150 + y, 790 + x, 540 + y), fill=_shade(paint, 0.75))
    _lines(draw, (260 + x, 200 + y), chance, LIGHT, rows=6)
    draw.arc((540 + x, 330 + y, 740 + x, 500 + y), 200, 340, fill=LIGHT, width=6)


def _box(draw: Draw, x: int, y: int, paint: Colour, chance: random.Random) -> None:
    draw.polygon([(310 + x, 290 + y), (500 + x, 210 + y), (690 + x, 290 + y), (500 + x, 370 + y)], fill=paint)
    draw.polygon(
        [(310 + x, 290 + y), (500 + x, 370 + y), (500 + x, 610 + y), (310 + x, 520 + y)], fill=_shade(paint, 0.8)
    )
    draw.polygon(
        [(690 + x, 290 + y), (500 + x, 370 + y), (500 + x, 610 + y), (690 + x, 520 + y)], fill=_shade(paint, 0.6)
    )
    draw.line((405 + x, 250 + y, 595 + x, 330 + y), fill=LIGHT, width=14)


def _lines(
    draw: Draw, corner: tuple[int, int], chance: random.Random, colour: Colour, *, rows: int = 5, longest: int = 300
) -> None:
    """What writing looks like from afar."""
    x, y = corner
    for row in range(rows):
        draw.rectangle((x, y + 34 * row, x + chance.randint(longest // 3, longest), y + 34 * row + 12), fill=colour)


DRAWN: dict[str, Callable[[Draw, int, int, Colour, random.Random], None]] = {
    "bicycle": _bicycle,
    "board": _board,
    "book": _book,
    "calculator": _calculator,
    "headphones": _headphones,
    "keyboard": _keyboard,
    "laptop": _laptop,
    "monitor": _monitor,
    "mouse": _mouse,
    "phone": _phone,
    "tablet": _tablet,
}
