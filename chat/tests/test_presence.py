"""Who is online: told once when somebody comes and once when they go, whatever dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from accounts.models import User
from chat.models import Room
from chat.realtime import hub as hubs
from chat.realtime import presence, presence_scripts
from chat.tests.sockets import Talk, in_thread, run, signed_in, token_of
from marketplace.common.redisdb import connection


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    assert presence.GRACE_SECONDS == 10
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.3)


@pytest.fixture
def store() -> Any:
    return connection()


def told(one: Talk, type: str) -> list[str]:
    return [shown.get("user_id") or shown["user"]["id"] for shown in one.heard if shown["type"] == type]


def test_somebody_with_two_sockets_comes_once_and_goes_once(
    address: str, other_address: str, buyer: User, seller: User, room: Room
) -> None:
    tokens = token_of(buyer), token_of(seller)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one:
            await one.follow(room.pk)
            async with signed_in(other_address, tokens[1]) as two:
                await two.follow(room.pk)
                async with signed_in(address, tokens[1]) as three:
                    await three.follow(room.pk)
                    await asyncio.sleep(0.6)
                shown = await one.ask("users_online", "users_online", room=room.pk)
                assert {user["username"] for user in shown["users"]} == {"buyer", "seller"}
                await asyncio.sleep(0.8)
            left = await one.until("user_left")
            assert left["v"] > shown["v"]
            assert await one.silent(0.3)
            assert told(one, "user_left") == [str(seller.pk)]
            assert told(one, "user_joined").count(str(seller.pk)) == 1

    run(talk)


def test_a_reload_of_a_page_is_not_a_leave(address: str, buyer: User, seller: User, room: Room) -> None:
    tokens = token_of(buyer), token_of(seller)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one:
            await one.follow(room.pk)
            for _ in range(3):
                async with signed_in(address, tokens[1]) as two:
                    await two.follow(room.pk)
                    await asyncio.sleep(0.1)
            async with signed_in(address, tokens[1]) as two:
                await two.follow(room.pk)
                await asyncio.sleep(0.8)
                await one.ask("ping", "pong")
                assert told(one, "user_left") == []
                assert told(one, "user_joined").count(str(seller.pk)) == 1

    run(talk)


def test_following_again_is_not_a_leave(address: str, buyer: User, room: Room) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            for _ in range(3):
                await one.follow(room.pk)
            await asyncio.sleep(0.8)
            shown = await one.ask("users_online", "users_online", room=room.pk)
            assert shown["count"] == 1
            assert told(one, "user_left") == []

    run(talk)


def _leftover(store: Any, room: Room, user: User, process: str) -> None:
    """As a process that was killed leaves it."""
    shown = f'{{"id":"{user.pk}"}}'
    store.eval(presence_scripts.COME, 0, str(room.pk), f"{user.pk}|dead|{process}", str(user.pk), shown)


def test_who_sat_on_a_process_that_died_is_taken_out_once_by_two_sweepers(
    address: str, buyer: User, seller: User, room: Room, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(buyer)
    monkeypatch.setattr(presence, "SWEEP_SECONDS", 0.3)
    monkeypatch.setattr(presence, "CALM_SECONDS", -1.0)

    async def sweep_twice() -> None:
        hub = next(iter(hubs._hubs.values()))
        twice = [asyncio.run_coroutine_threadsafe(hub.presence._sweep([str(room.pk)]), _loop(hub)) for _ in range(2)]
        await asyncio.gather(*[asyncio.wrap_future(each) for each in twice])

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.follow(room.pk)
            await in_thread(_leftover, store, room, seller, "killed")
            await sweep_twice()
            await one.until("user_left")
            await asyncio.sleep(0.5)
            await one.ask("ping", "pong")
            assert told(one, "user_left") == [str(seller.pk)]
            shown = await one.ask("users_online", "users_online", room=room.pk)
            assert [user["username"] for user in shown["users"]] == ["buyer"]

    run(talk)


def test_who_comes_while_everybody_is_registered_again_is_told_all_the_same(
    address: str, buyer: User, seller: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when Redis is heard for the first time, which is when the first socket of a process comes."""
    tokens = token_of(buyer), token_of(seller)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one, signed_in(address, tokens[1]) as two:
            await one.follow(room.pk)
            await one.until("user_joined")
            monkeypatch.setattr(presence, "TOGETHER_SECONDS", 0.5)
            await two.follow(room.pk)
            hub = next(iter(hubs._hubs.values()))
            again = asyncio.run_coroutine_threadsafe(hub.presence.register_again(), _loop(hub))
            await asyncio.wrap_future(again)
            shown = await one.until("user_joined")
            assert shown["user"]["id"] == str(seller.pk)
            again = asyncio.run_coroutine_threadsafe(hub.presence.register_again(), _loop(hub))
            await asyncio.wrap_future(again)
            shown = await one.ask("users_online", "users_online", room=room.pk)
            assert shown["count"] == 2

    run(talk)


def _loop(hub: hubs.Hub) -> asyncio.AbstractEventLoop:
    return next(loop for loop, each in hubs._hubs.items() if each is hub)


def test_after_a_flush_everybody_is_there_again_and_nobody_has_left(
    address: str, buyer: User, seller: User, room: Room, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = token_of(buyer), token_of(seller)
    monkeypatch.setattr(presence, "KEEP_SECONDS", 0.3)
    monkeypatch.setattr(presence, "SWEEP_SECONDS", 0.1)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one, signed_in(address, tokens[1]) as two:
            await one.follow(room.pk)
            await two.follow(room.pk)
            before = await one.ask("users_online", "users_online", room=room.pk)
            await in_thread(store.flushdb)
            await asyncio.sleep(1)
            after = await one.ask("users_online", "users_online", room=room.pk)
            assert (before["count"], after["count"]) == (2, 2)
            assert after["v"] > before["v"] - 10
            assert told(one, "user_left") == []

    run(talk)


def test_of_a_crowd_only_the_size_is_told(
    address: str, buyer: User, make_group: Callable[..., Room], store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, token = make_group(buyer), token_of(buyer)
    monkeypatch.setattr(presence, "CROWD", 0)
    monkeypatch.setattr(presence, "CROWD_SECONDS", 0.1)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.follow(group.pk)
            shown = await one.until("users_online")
            assert shown["count"] == 1
            assert "users" not in shown
            assert told(one, "user_joined") == []

    run(talk)


def test_a_coming_that_redis_never_heard_of_is_told_with_the_next_round(
    address: str, buyer: User, seller: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = token_of(buyer), token_of(seller)

    async def lost(self: presence.Presence, changes: list[presence.Change]) -> None:
        self._untold.difference_update((change.room_id, change.member) for change in changes)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one, AsyncExitStack() as later:
            await one.follow(room.pk)
            await one.ask("users_online", "users_online", room=room.pk)
            with monkeypatch.context() as patch:
                patch.setattr(presence.Presence, "_tell", lost)
                two = await later.enter_async_context(signed_in(address, tokens[1]))
                await two.follow(room.pk)
                await asyncio.sleep(0.3)
            assert told(one, "user_joined") == [str(buyer.pk)]
            loop, hub = next(iter(hubs._hubs.items()))
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(hub.presence.register_again(), loop))
            shown = await one.until("users_online")
            assert {user["username"] for user in shown["users"]} == {"buyer", "seller"}

    run(talk)
