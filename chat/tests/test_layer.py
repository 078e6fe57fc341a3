"""The hub is the channel layer: consumers of any kind may use it, and what it carries is what `announcing` says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from chat import announcing
from chat.frames import Frame
from chat.realtime.layer import HubLayer
from chat.tests.sockets import in_thread, run
from marketplace.common.ids import uuid7

ROOM = uuid7()


def layers() -> tuple[HubLayer, HubLayer]:
    """As two processes have it."""
    return HubLayer(), HubLayer()


def test_is_the_one_that_settings_name() -> None:
    assert isinstance(get_channel_layer(), HubLayer)


def test_a_group_gets_what_is_sent_to_it_from_elsewhere_until_it_is_left() -> None:
    async def talk() -> None:
        here, there = layers()
        name = await here.new_channel()
        await here.group_add("news", name)
        await there.group_send("news", {"type": "news.item", "text": "ñ"})
        assert await asyncio.wait_for(here.receive(name), 5) == {"type": "news.item", "text": "ñ"}
        await here.group_discard("news", name)
        await there.group_send("news", {"type": "news.item", "text": "later"})
        await there.send(name, {"type": "direct"})
        assert await asyncio.wait_for(here.receive(name), 5) == {"type": "direct"}
        await here.stop()
        await there.stop()

    run(talk)


def test_what_requests_announce_reaches_consumers_of_any_kind() -> None:
    async def talk() -> None:
        here = HubLayer()
        name = await here.new_channel()
        await here.group_add(f"room.{ROOM}", name)
        await here.group_add(f"user.{ROOM}", name)
        frame = Frame(ROOM, 7, "message.created", b'{"seq":7}', b"{}")
        await in_thread(announcing.now, frame)
        shown = {"type": "room.frame", "seq": 7, "kind": "message.created", "text": '{"seq":7}'}
        assert await asyncio.wait_for(here.receive(name), 5) == shown
        await in_thread(announcing.to_person, ROOM, {"type": "paid"})
        assert await asyncio.wait_for(here.receive(name), 5) == {"type": "user.frame", "text": '{"type":"paid"}'}
        await here.group_send(f"room.{ROOM}", {"type": "typing"})
        assert (await asyncio.wait_for(here.receive(name), 5))["seq"] == 0
        await here.stop()

    run(talk)


def test_a_full_channel_says_so_and_a_cancelled_one_leaves_nothing() -> None:
    async def talk() -> None:
        here = HubLayer(capacity=2)
        name = await here.new_channel()
        await here.group_add("news", name)
        for _ in range(2):
            await here.send(name, {"type": "x"})
        with pytest.raises(ChannelFull):
            await here.send(name, {"type": "x"})
        for _ in range(2):
            await here.receive(name)
        waiting = asyncio.create_task(here.receive(name))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (here.here.groups, here.here.queues, set(here.here.link._wanted)) == ({}, {}, {announcing.CONTROL})
        await here.stop()

    run(talk)


@pytest.mark.parametrize("bad", ["a b", "x" * 101, "ä", 7])
def test_names_are_those_that_channels_allows(bad: Any) -> None:
    async def talk() -> None:
        with pytest.raises(TypeError):
            await HubLayer().group_send(bad, {"type": "x"})

    run(talk)
