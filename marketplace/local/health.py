"""Does the product answer? Asked in small steps, so that the stage keeps turning meanwhile."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

PAUSE_SECONDS = 0.2
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (asked of ourselves, not bound)


def public_url(environment: Mapping[str, str], port: int) -> str:
    return (environment.get("BASE_URL") or f"http://localhost:{port}").rstrip("/")


class Health:
    def __init__(self, host: str, port: int, url: str) -> None:
        self._address = (ANYWHERE.get(host, host), port)
        self._name = urlsplit(url).netloc
        self._next = 0.0

    def is_good(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + PAUSE_SECONDS
        return self._ask() == http.client.OK

    def _ask(self) -> int:
        connection = http.client.HTTPConnection(*self._address, timeout=2.0)
        try:
            connection.request("GET", "/health", headers={"Host": self._name})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
