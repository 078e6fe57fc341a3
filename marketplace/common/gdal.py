"""Where GeoDjango finds GDAL and GEOS: the system's, else the copy inside the pyogrio wheel."""

from __future__ import annotations

from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path


def gdal_library() -> str | None:
    return None if find_library("gdal") else _bundled()


def geos_library() -> str | None:
    return None if find_library("geos_c") else _bundled()  # the bundled GDAL exports GEOS too


def _bundled() -> str | None:
    spec = find_spec("pyogrio")
    if spec is None or spec.origin is None:
        return None
    beside = Path(spec.origin).parent.parent / "pyogrio.libs"
    return next((str(path) for path in sorted(beside.glob("libgdal*"))), None)
