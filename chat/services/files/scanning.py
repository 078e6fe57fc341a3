"""The hook for a virus scanner: `CHAT_VIRUS_SCANNER` names a function that is given a path, and says what it found.

It returns None for a clean file, a few words for one that must not be given to anybody, and raises when it cannot
tell; then it is asked again later, and nobody gets the file before it has answered.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string


class ScannerAway(Exception):
    """It could not tell: that says nothing about the file."""


def is_on() -> bool:
    return bool(settings.CHAT_VIRUS_SCANNER)


def found_in(path: Path) -> str | None:
    if not is_on():
        return None
    try:
        verdict: str | None = import_string(settings.CHAT_VIRUS_SCANNER)(path)
    except Exception as error:
        raise ScannerAway(type(error).__name__) from error
    return verdict or None
