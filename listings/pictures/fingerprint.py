"""What a picture looks like, in 64 bits: near for a copy that was scaled, re-encoded or touched up."""

from __future__ import annotations

from PIL import Image, ImageStat

LEAST_CONTRAST = 6.0
LEAST_STEP = 2  # within an even area a copy may be brighter to either side
FEWEST_BITS, MOST_BITS = 10, 54


def fingerprint(image: Image.Image) -> int | None:
    """Signed, as the database keeps it. None for a wall or a gradient: those all look alike."""
    small = image.convert("L").resize((9, 8), Image.Resampling.BOX, reducing_gap=3.0)
    if ImageStat.Stat(small).stddev[0] < LEAST_CONTRAST:
        return None
    grey = small.tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            bits = bits << 1 | (grey[at + 1] - grey[at] > LEAST_STEP)
    if not FEWEST_BITS <= bits.bit_count() <= MOST_BITS:
        return None
    return bits - (1 << 64) if bits >> 63 else bits


def main_colour(image: Image.Image) -> str:
    """`#rrggbb` of what covers most: the fullest of eight groups of similar colours."""
    small = image.resize((48, 48), Image.Resampling.BOX, reducing_gap=3.0)
    grouped = small.quantize(8, method=Image.Quantize.MEDIANCUT)
    palette = grouped.getpalette() or [0, 0, 0]
    counts = grouped.histogram()
    at = 3 * counts.index(max(counts))
    red, green, blue = palette[at : at + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"
