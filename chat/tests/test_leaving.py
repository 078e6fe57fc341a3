"""F23: a process that stops tells its sockets when to come back, each at another time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from websockets.exceptions import InvalidStatus

from accounts.models import User
from chat.realtime import hub as hubs
from chat.realtime import leaving
from chat.tests.sockets import opened, run, signed_in, token_of


def test_times_to_come_back_are_spread_evenly() -> None:
    for count in (1, 7, 40, 200, 5_000):
        waits = leaving.waits(count)
        seconds = [sum(1 for wait in waits if wait // 1_000 == second) for second in range(16)]
        assert 0 <= min(waits) <= max(waits) <= 15_000
        assert count < 40 or max(seconds) <= 0.2 * count
    assert leaving.waits(0) == []


def test_sockets_are_told_and_then_let_go_and_nobody_new_comes_in(address: str, buyer: User) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with AsyncExitStack() as stack:
            talks = [await stack.enter_async_context(signed_in(address, token)) for _ in range(5)]
            loop, hub = next(iter(hubs._hubs.items()))
            goodbye = asyncio.run_coroutine_threadsafe(leaving.say_goodbye(hub), loop)
            for one in talks:
                assert await one.closed() == 1012
                assert 0 <= one.heard[-1]["retry_after_ms"] <= 15_000
                assert one.heard[-1]["type"] == "server_restart"
            await asyncio.wrap_future(goodbye)
            with pytest.raises(InvalidStatus):
                async with opened(address, f"?token={token}"):
                    pass

    run(talk)
