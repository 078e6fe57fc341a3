"""HTTP through our front door, beside Django's own ASGI handler and beside granian's WSGI: the peer and the limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from uuid import uuid4

from _load import ROOT, Contender, interleaved, python, serving, table

OURS, STOCK, LIMIT = "front door", "stock Django ASGI", "granian WSGI"
UVICORN = ("--port", "{port}", "--no-proxy-headers", "--no-access-log", "--log-level", "error")
CONTENDERS = [
    Contender(OURS, python("-m", "uvicorn", "marketplace.asgi:application", *UVICORN)),
    Contender(STOCK, python("-m", "uvicorn", "bench._stock:application", *UVICORN)),
    Contender(
        LIMIT,
        python(
            *("-m", "granian", "marketplace.wsgi:application", "--interface", "wsgi", "--no-ws"),
            *("--host", "127.0.0.1", "--port", "{port}", "--workers", "1", "--blocking-threads", "8"),
        ),
    ),
]
MUST_BEAT_STOCK = 1.2


def token(address: str) -> str:
    person = {"name": "Bench", "email": f"b{uuid4().hex[:10]}@uni.edu", "password": "correct horse"}
    _post(f"{address}/v1/auth/register", person)
    return str(_post(f"{address}/v1/auth/login", person)["access_token"])


def _post(url: str, body: dict[str, str]) -> dict[str, str]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        answer: dict[str, str] = json.load(reply)
        return answer


def main() -> int:
    lean = {**os.environ, "DEMO_DATA": "off"}
    subprocess.run(python("manage.py", "prepare"), cwd=ROOT, env=lean, check=True, stdout=subprocess.DEVNULL)
    with serving(CONTENDERS) as addresses:
        signed_in = {"Authorization": f"Bearer {token(addresses[OURS])}"}
        rows = {
            "banner, no database": interleaved(addresses, "/", {}),
            "who am I, one query": interleaved(addresses, "/v1/auth/me", signed_in),
        }
    table("Front door, one process each", rows, ours=OURS)
    worst = min(figures[OURS] / figures[STOCK] for figures in rows.values())
    held = worst >= MUST_BEAT_STOCK
    print(f"  {'✓' if held else '✗'} at least {MUST_BEAT_STOCK} x stock Django ASGI: {worst:.2f} x")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
