"""uvicorn's side of a socket, with one thing put right: a handshake that cannot be read is refused and hung up on.

uvicorn 0.54 never writes the refusal that `websockets` has ready for an endless address or header. The connection
stays open for as long as its client likes, and the server's own shutdown fails over it.
"""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class SocketProtocol(WebSocketsSansIOProtocol):
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_complete = self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
