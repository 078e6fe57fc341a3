"""What one may react with: an emoji, which is seen and says nothing in letters."""

from __future__ import annotations

import re
import unicodedata

from marketplace.common.errors import InvalidInput

LONGEST = 16
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_ZERO_WIDTH_JOINER, _TAGS = "\u200d", range(0xE0020, 0xE0080)  # families, and flags of regions
_WORDS = "LNZC"  # letters, numbers, blanks, and what is not seen; newer emoji Unicode's tables here call "Cn"


def require_emoji(text: str) -> None:
    """A few code points that are seen and are no words: skin tones, keys, flags and families need several."""
    shown = [char for char in _KEYCAP.sub("\u20e3", text) if char != _ZERO_WIDTH_JOINER and ord(char) not in _TAGS]
    is_seen = any(unicodedata.category(char) != "Mn" for char in shown)
    if len(text) > LONGEST or not is_seen or any(map(_is_of_words, shown)):
        raise InvalidInput.one(["path", "emoji"], "This is not an emoji")


def _is_of_words(char: str) -> bool:
    kind = unicodedata.category(char)
    return char.isascii() or (kind[0] in _WORDS and kind != "Cn")
