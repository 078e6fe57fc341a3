"""How a family of clients speaks on its socket: the guarantees are the hub's, a dialect only renames frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol
from uuid import UUID

from chat.frames import Frame, Shown
from chat.realtime import codes
from chat.realtime.commands import Command
from chat.realtime.product_commands import read
from marketplace.common.jsonio import dumps


class Dialect(Protocol):
    refuses_before_accept: bool  # a bad token is an HTTP 403; otherwise an error frame and a close code
    takes_binary: bool  # JSON in a binary frame is as good as in a text frame
    subprotocol: str | None
    hears_itself: bool  # whether who types, comes or goes is told so as well
    failure: int  # what it is closed with when the fault is ours

    def command(self, said: dict[str, Any], home: UUID | None) -> Command:
        """What is asked for, or a `DomainError`. `home` is the one room of a socket that has one."""

    def event(self, frame: Frame) -> str | None:
        """What happened in a room, or None for what this family does not know."""

    def batches(self, room_id: UUID, frames: Sequence[Frame], most: int, most_bytes: int) -> Iterator[str]:
        """What somebody missed."""

    def shown(self, shown: Shown) -> str | None:
        """An answer, or a word to this socket or person."""

    def close_code(self, code: int) -> int:
        """One of `codes` in the words of this family."""


class Product:
    """`/v1/ws`."""

    refuses_before_accept = False
    takes_binary = False
    subprotocol: str | None = "market.v1"
    hears_itself = True
    failure = codes.RESTART

    def command(self, said: dict[str, Any], home: UUID | None) -> Command:
        return read(said)

    def event(self, frame: Frame) -> str | None:
        return frame.text.decode()

    def batches(self, room_id: UUID, frames: Sequence[Frame], most: int, most_bytes: int) -> Iterator[str]:
        head = f'{{"type":"events","room":"{room_id}","events":['
        texts: list[str] = []
        size = 0
        for frame in frames:
            if texts and (len(texts) >= most or size + len(frame.text) > most_bytes):
                yield f"{head}{','.join(texts)}]}}"
                texts, size = [], 0
            texts.append(frame.text.decode())
            size += len(frame.text)
        if texts:
            yield f"{head}{','.join(texts)}]}}"

    def shown(self, shown: Shown) -> str | None:
        return dumps(shown).decode()

    def close_code(self, code: int) -> int:
        return code


PRODUCT = Product()


class OneRoom:
    """What the families have in common whose sockets stand in one room: refused at the door, told of others only."""

    refuses_before_accept = True
    takes_binary = True
    subprotocol: str | None = None
    hears_itself = False
    failure = codes.FAILURE

    def event(self, frame: Frame) -> str | None:
        raise NotImplementedError

    def batches(self, room_id: UUID, frames: Sequence[Frame], most: int, most_bytes: int) -> Iterator[str]:
        """What happened between coming in and being there, frame by frame: they know no batches."""
        return (text for text in map(self.event, frames) if text is not None)

    def close_code(self, code: int) -> int:
        """They know the standard's codes only, and for what a rule has ended that is 1008."""
        return code if code < codes.FIRST_OF_OURS else codes.POLICY
