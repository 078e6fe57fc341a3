"""The simulated provider as an HTTP server of its own: `manage.py simulator --port 9300`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from django.db import connection

from marketplace.common.errors import InvalidInput
from marketplace.common.jsonio import dumps, loads
from orders.providers.simulator import desk, stripe_face

log = structlog.get_logger(__name__)

LARGEST_BODY = 65_536
Environ = dict[str, Any]


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Paths under /v1 are Stripe's (`stripe_face.py`), all others our own."""
    status, said = _answer(environ)
    raw = dumps(said) if said else b""
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(raw)))]
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [raw]


def _answer(environ: Environ) -> desk.Answer:
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    raw = environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), LARGEST_BODY))
    try:
        if path.startswith("/v1/"):
            return stripe_face.answer(method, path, environ, raw)
        return desk.answer(method, path, loads(raw) if raw else {})
    except (InvalidInput, TypeError) as error:  # not JSON, or not the fields of a request
        return 400, {"code": "bad_request", "detail": str(error)}
    except Exception:
        log.exception("simulator_failed", path=path)
        return 500, {"code": "internal"}
    finally:
        connection.close()


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        log.debug("simulator_asked", line=format % args)


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve(port: int, host: str = "127.0.0.1") -> Server:
    """Bound and ready; the caller runs `serve_forever`."""
    server = make_server(host, port, application, server_class=Server, handler_class=QuietHandler)
    assert isinstance(server, Server)
    return server
