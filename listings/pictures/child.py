"""The decoding process: an order per line on stdin, an answer per line on stdout, until stdin closes.

It is started without any of our environment, may use a bounded amount of memory and disk, and writes no core.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

from listings.pictures.cleaning import clean
from listings.pictures.decode import NotAPicture
from listings.pictures.render import preview, render

MEMORY_BYTES = 1_073_741_824
FILE_BYTES = 134_217_728


def answer(order: dict[str, Any]) -> dict[str, Any]:
    """Trouble is the picture's, a failure is ours and worth another try."""
    original, folder = Path(order["original"]), Path(order["folder"])
    try:
        if "clean" in order:
            clean(original, folder / order["clean"])
            return {}
        if "pixels" in order:
            return {"size": preview(original, folder, pixels=order["pixels"])}
        facts = render(original, folder, extension=order["extension"], sizes=order["sizes"])
    except NotAPicture as trouble:
        return {"trouble": str(trouble)}
    except Exception as error:
        return {"failure": f"{type(error).__name__}: {error}"[:300]}
    return {"facts": asdict(facts)}


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker; we end when it does
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")  # our own checks are stricter than what Pillow warns of
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
