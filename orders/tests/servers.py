"""Providers that are really asked over HTTP."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from orders.providers.simulator import face


@contextlib.contextmanager
def simulator_on_a_port() -> Iterator[str]:
    """In a thread, in front of the test's own database."""
    server = face.serve(0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
