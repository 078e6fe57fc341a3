"""Others who pass on what Redis says to all who listen: _fanout_peers.py broadcast|channels|socketio PORT CHANNEL.

Each does it as its own documents show it. Compression is off everywhere; where uvicorn serves, it is set as ours is.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from http import HTTPStatus
from typing import Any

REDIS = os.environ["REDIS_URL"]


async def broadcast(port: int, channel: str) -> None:
    """The limit in Python: a library's own loop over its connections, one frame made for each."""
    import redis.asyncio
    from websockets.asyncio.server import broadcast as to_all
    from websockets.asyncio.server import serve

    here: set[Any] = set()

    async def stay(connection: Any) -> None:
        here.add(connection)
        try:
            await connection.wait_closed()
        finally:
            here.discard(connection)

    def health(connection: Any, request: Any) -> Any:
        return connection.respond(HTTPStatus.OK, "") if request.path == "/health" else None

    async with serve(stay, "127.0.0.1", port, compression=None, process_request=health):
        pubsub = redis.asyncio.from_url(REDIS).pubsub()
        await pubsub.subscribe(channel)
        async for message in pubsub.listen():
            if message["type"] == "message":
                to_all(here, message["data"].decode())


def channels(channel: str) -> Any:
    """A stock consumer on the stock pub/sub layer, the quicker and the less forgetful of the two for Redis."""
    import django
    from django.conf import settings

    backend = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS]}}
    settings.configure(SECRET_KEY="bench", INSTALLED_APPS=["channels"], CHANNEL_LAYERS={"default": backend})
    django.setup()
    from channels.generic.websocket import AsyncJsonWebsocketConsumer

    class Room(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
        groups = ("bench",)

        async def chat_message(self, event: dict[str, Any]) -> None:
            await self.send_json(event["payload"])

    return Room.as_asgi()


def socketio(channel: str) -> Any:
    import redis.asyncio
    import socketio as library

    server = library.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
    chores: list[asyncio.Task[None]] = []

    async def pump() -> None:
        pubsub = redis.asyncio.from_url(REDIS).pubsub()
        await pubsub.subscribe(channel)
        async for message in pubsub.listen():
            if message["type"] == "message":
                await server.emit("message", json.loads(message["data"]), room="bench")

    @server.event  # type: ignore[untyped-decorator]
    async def connect(sid: str, environ: Any) -> None:
        await server.enter_room(sid, "bench")
        if not chores:
            chores.append(asyncio.create_task(pump()))

    return library.ASGIApp(server)


def with_health(app: Any) -> Any:
    async def door(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/health":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ok"})
        else:
            await app(scope, receive, send)

    return door


def main(kind: str, port: int, channel: str) -> None:
    import uvicorn
    import uvloop

    if kind == "broadcast":
        uvloop.run(broadcast(port, channel))
        return
    app = with_health({"channels": channels, "socketio": socketio}[kind](channel))
    facts: dict[str, Any] = {"ws": "websockets-sansio", "ws_per_message_deflate": False, "loop": "uvloop"}
    uvicorn.run(app, port=port, lifespan="off", log_level="error", access_log=False, **facts)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
