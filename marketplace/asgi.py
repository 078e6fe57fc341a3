"""The front door: HTTP to Django's WSGI handler in a bounded thread pool, sockets to Channels.

See docs/decisions/0001-front-door.md for why HTTP does not take Django's own ASGI road.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
from typing import Any, cast

from marketplace.bridge import Bridge, Road, Roads, Threads
from marketplace.front_door import App, BodyLimits, FrontDoor, Receive, Scope, Send
from marketplace.wsgi import application as wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

from channels.routing import URLRouter
from django.conf import settings
from django.db import connections
from django.urls import get_resolver, path

from analytics.services.intake.background import notebook
from chat.consumers import MarketConsumer
from chat.realtime import leaving
from chat.realtime import threads as socket_threads
from chat.realtime.hub import stop_hub
from marketplace.common.postgis.base import hold_connections
from marketplace.contracts import sockets as contracts

UPLOAD_PATHS = re.compile(r"^/(storage/|v1/uploads/files$|api/uploads/|products(/bulk-upload|/[0-9]+)?$|users/me$)")
TELEMETRY_PATH = re.compile(r"^/v1/events$")
MANY_EVENTS = 65_536  # bytes of a batch that takes PostgreSQL longer than most pages do
ENVELOPE = 65_536  # what multipart adds around a file

threads = Threads(settings.WEB_THREADS, first=hold_connections, last=connections.close_all)
# Large batches one after another: two at once would keep both PostgreSQL and the interpreter from everybody else
few_events, many_events = (
    Threads(count, first=hold_connections, last=connections.close_all, most_waiting=settings.TELEMETRY_WAITING)
    for count in (settings.TELEMETRY_AT_ONCE, 1)
)
http: App = FrontDoor(
    Roads(
        Bridge(wsgi_application, threads),
        Road(Bridge(wsgi_application, many_events), TELEMETRY_PATH, from_bytes=MANY_EVENTS),
        Road(Bridge(wsgi_application, few_events), TELEMETRY_PATH),
    ),
    limits=BodyLimits(
        default=settings.BODY_LIMIT_BYTES,
        by_path=(
            (UPLOAD_PATHS, settings.UPLOAD_MAX_BYTES + ENVELOPE),
            (TELEMETRY_PATH, settings.TELEMETRY_BODY_BYTES),
        ),
    ),
)
sockets = URLRouter(
    [
        path("v1/ws", MarketConsumer.as_asgi()),
        *contracts.routes,
    ]
)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await http(scope, receive, send)
    elif scope["type"] == "websocket":
        await _socket(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


async def _socket(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await sockets(cast(Any, scope), cast(Any, receive), cast(Any, send))
    except ValueError:  # Channels' word for "no such address": refuse the handshake, do not fail
        await send({"type": "websocket.close", "code": 4404})


def keep_what_is_loaded() -> None:
    """Modules and routes stay as long as the process: the collector need not walk over them with every few requests."""
    get_resolver().url_patterns  # noqa: B018 - loads all views
    gc.collect()
    gc.freeze()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            leaving.watch_for_the_end()
            keep_what_is_loaded()
        if message["type"] == "lifespan.shutdown":
            await stop_hub()
            for crew in (threads, few_events, many_events):
                await asyncio.to_thread(crew.stop)
            await asyncio.to_thread(notebook.write_down_and_leave)
            await asyncio.to_thread(socket_threads.threads.stop)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
