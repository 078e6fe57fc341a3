"""Which device was that? Only names we know are ever shown: a user agent is whatever its sender likes to write."""

from __future__ import annotations

PROGRAMS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("okhttp", "Android"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CFNetwork", "iOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def described(user_agent: str) -> str:
    """`Firefox, Android`; a dash for what we do not know."""
    found = (_first(PROGRAMS, user_agent), _first(SYSTEMS, user_agent))
    return ", ".join(name for name in found if name) or "-"


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")
