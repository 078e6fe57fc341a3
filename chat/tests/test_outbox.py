"""One socket's outbox: straight through while it keeps up, bounded when it does not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chat.realtime import outbox
from chat.realtime.outbox import MOST_FRAMES, Outbox
from chat.realtime.packets import Packet
from chat.tests.sockets import run


class Reader:
    """A server whose client reads, or does not."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.gave_up = 0
        self.outbox = Outbox(self.send, self.give_up)

    async def send(self, event: dict[str, Any]) -> None:
        await self.reads.wait()
        self.got.append(event["text"])

    def give_up(self) -> None:
        self.gave_up += 1

    def put(self, *texts: str, is_passing: bool = False) -> None:
        for text in texts:
            self.outbox.put(Packet(text, is_passing=is_passing))


def test_who_keeps_up_needs_no_task() -> None:
    async def talk() -> None:
        reader = Reader()
        before = len(asyncio.all_tasks())
        reader.put("a", "b", "c")
        assert (reader.got, len(asyncio.all_tasks())) == (["a", "b", "c"], before)

    run(talk)


def test_who_lags_gets_everything_in_order_once_they_read_again() -> None:
    async def talk() -> None:
        reader = Reader()
        reader.reads.clear()
        wanted = [str(number) for number in range(200)]
        reader.put(*wanted)
        await asyncio.sleep(0.01)
        assert reader.got == []
        reader.reads.set()
        await reader.outbox.drained()
        reader.put("last")
        assert reader.got == [*wanted, "last"]

    run(talk)


def test_a_lagging_socket_goes_without_what_passes_but_never_without_what_lasts() -> None:
    async def talk() -> None:
        reader = Reader()
        reader.reads.clear()
        wanted = [str(number) for number in range(MOST_FRAMES // 2 + 1)]
        reader.put(*wanted)
        reader.put("typing", is_passing=True)
        reader.put("lasting")
        reader.reads.set()
        await reader.outbox.drained()
        assert reader.got == [*wanted, "lasting"]

    run(talk)


@pytest.mark.parametrize("texts", [["x"] * (MOST_FRAMES + 2), ["x", "y" * 600_000, "z" * 600_000]])
def test_a_full_outbox_gives_up_once_and_keeps_nothing(texts: list[str]) -> None:
    async def talk() -> None:
        reader = Reader()
        reader.reads.clear()
        reader.put(*texts, "more")
        assert (reader.gave_up, reader.outbox.is_shut) == (1, True)
        reader.reads.set()
        await asyncio.sleep(0.01)
        assert reader.got == []

    run(talk)


def test_one_write_that_takes_too_long_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "WRITE_SECONDS", 0.05)

    async def talk() -> None:
        reader = Reader()
        reader.reads.clear()
        reader.put("a")
        await asyncio.sleep(0.2)
        assert reader.gave_up == 1

    run(talk)


def test_a_client_that_has_gone_is_no_error() -> None:
    async def gone(event: dict[str, Any]) -> None:
        raise OSError

    async def talk() -> None:
        box = Outbox(gone, lambda: pytest.fail("not slow, gone"))
        box.put(Packet("a"))
        box.put(Packet("b"))
        assert box.is_shut

    run(talk)


class Server:
    """uvicorn's side as ours serves it: takes whole frames while it can write."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.sent: list[str] = []
        self.writable = asyncio.Event()

    def pass_on(self, frame: bytes) -> bool:
        if self.writable.is_set():
            self.frames.append(frame)
        return self.writable.is_set()

    async def send(self, event: dict[str, Any]) -> None:
        await self.writable.wait()
        self.sent.append(event["text"])


def test_one_frame_goes_to_all_and_who_is_held_back_gets_the_text_in_its_turn() -> None:
    async def talk() -> None:
        quick, slow = Server(), Server()
        quick.writable.set()
        outboxes = [Outbox(server.send, lambda: None) for server in (quick, slow)]
        packets = [Packet("uno"), Packet("dos ñ")]
        for packet in packets:
            for each in outboxes:
                each.put(packet)
        assert quick.frames == [b"\x81\x03uno", b"\x81\x06dos \xc3\xb1"]
        assert quick.frames[0] is packets[0].frame
        assert (slow.frames, slow.sent) == ([], [])
        slow.writable.set()
        await outboxes[1].drained()
        assert (slow.frames, slow.sent) == ([], ["uno", "dos ñ"])
        outboxes[1].put(Packet("tres"))
        assert slow.frames == [b"\x81\x04tres"]

    run(talk)
