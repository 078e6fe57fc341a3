"""A page that opens a socket for one message: `onopen`, `send`, `close()`, and it is forgotten."""

from __future__ import annotations

import asyncio
import json

from websockets.client import ClientProtocol
from websockets.uri import parse_uri


async def say_and_hang_up(host: str, port: int, path: str, text: str) -> None:
    """The frame and the closing frame leave in one write. As a browser does, the connection is left to the server to
    close, which it does at once; whether the message has been stored by then, nobody has asked."""
    reader, writer = await asyncio.open_connection(host, port)
    protocol = ClientProtocol(parse_uri(f"ws://{host}:{port}{path}"))
    protocol.send_request(protocol.connect())
    writer.write(b"".join(protocol.data_to_send()))
    while protocol.state.name == "CONNECTING" and (heard := await reader.read(4096)):
        protocol.receive_data(heard)
    if protocol.handshake_exc is not None:
        raise protocol.handshake_exc
    protocol.send_text(json.dumps({"text": text}).encode())
    protocol.send_close(1000)
    writer.write(b"".join(protocol.data_to_send()))
    await reader.read()
    writer.close()
    await writer.wait_closed()
