"""The product as people meet it: uvicorn with our front door, on a port, in front of the test database."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn


@contextlib.contextmanager
def running_server() -> Iterator[str]:
    """The base address. Runs in a thread, so that settings and test database are the test's own."""
    from marketplace.asgi import application
    from marketplace.socket_server import SocketProtocol

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            application,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=5,
            ws=SocketProtocol,
            ws_max_size=65_536,
            ws_per_message_deflate=False,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)
