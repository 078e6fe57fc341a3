"""A text on its way out: one object, put into every outbox that it goes to."""

from __future__ import annotations

from typing import Any

from websockets.frames import Frame, Opcode


class Packet:
    __slots__ = ("_frame", "event", "is_passing", "size")

    def __init__(self, text: str, *, is_passing: bool = False) -> None:
        """`is_passing`: worth nothing a moment later, so a socket that lags may go without it."""
        self.event: dict[str, Any] = {"type": "websocket.send", "text": text}
        self.size = len(text) if text.isascii() else len(text.encode())
        self.is_passing = is_passing
        self._frame: bytes | None = None

    @property
    def frame(self) -> bytes:
        """For a server that takes it whole: without a mask, as servers send, and without compression."""
        if self._frame is None:
            self._frame = bytes(Frame(Opcode.TEXT, self.event["text"].encode()).serialize(mask=False))
        return self._frame
