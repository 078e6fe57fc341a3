"""uvicorn's side of a socket, with one thing put right and one added.

A handshake that cannot be read is refused and hung up on. uvicorn 0.54 never writes the refusal that `websockets` has
ready for an endless address or header. The connection stays open for as long as its client likes, and the server's
own shutdown fails over it.

And a frame that goes to many sockets is taken as it is: made once, it is the same for everybody.
"""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State


class SocketProtocol(WebSocketsSansIOProtocol):
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_complete = self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def pass_on(self, frame: bytes) -> bool:
        """What `send` does with the text in it, if nothing keeps it from being written now. False: nothing was done."""
        if (
            not self.writable.is_set()
            or self.disconnected
            or self.close_sent
            or not self.handshake_complete
            or self.conn.state is not State.OPEN
            or self.conn.extensions
        ):
            return False
        self.transport.write(frame)
        return True
