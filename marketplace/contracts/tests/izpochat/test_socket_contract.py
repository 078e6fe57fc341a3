"""`/api/ws/{room_id}`: coming in, leaving, and who is there, as a browser with the Angular client has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Room
from chat.services import groups, sending
from chat.services.sending import Draft
from chat.tests.sockets import in_thread, run
from marketplace.contracts.tests.clients import bearer, listening, refused
from marketplace.contracts.tests.izpochat.coming_in import LOGIN, come_in, path

Api = Callable[[User], APIClient]


# ── Coming in ────────────────────────────────────────────────────────────────────────────────────


def test_seed_the_newcomer_is_welcomed_and_told_who_is_online_and_the_others_that_they_came(
    address: str, buyer: User, seller: User, general: Room
) -> None:
    tokens = bearer(buyer, LOGIN), bearer(seller, LOGIN)

    async def talk() -> None:
        async with listening(address, path(general), tokens[0]) as one:
            welcome, online = await one.next(), await one.next()
            assert welcome.keys() == {"type", "message", "room_id", "user_id", "timestamp"}
            assert (welcome["type"], welcome["room_id"], welcome["user_id"]) == (
                "welcome",
                general.number,
                buyer.number,
            )
            assert "General" in welcome["message"]
            assert online.keys() == {"type", "users", "count", "timestamp"}
            assert (online["type"], online["users"], online["count"]) == ("users_online", [buyer.number], 1)
            async with listening(address, path(general), tokens[1]) as two:
                assert (await two.next())["type"] == "welcome"
                assert set((await two.until("users_online"))["users"]) == {buyer.number, seller.number}
                joined = await one.until("user_joined")
                assert joined.keys() == {"type", "user_id", "timestamp"}
                assert joined["user_id"] == seller.number
            left = await one.until("user_left")
            assert left.keys() == {"type", "user_id", "timestamp"}
            assert left["user_id"] == seller.number
            assert {"user_joined", "user_left"}.isdisjoint(two.kinds()), "nobody is told of themselves"
            assert one.kinds().count("users_online") == 1, "only the newcomer is told all"

    run(talk)


def test_ours_one_person_in_two_tabs_comes_once_and_goes_once(
    address: str, buyer: User, seller: User, general: Room
) -> None:
    """In the family's own server the second tab took the first one's place."""
    tokens = bearer(buyer, LOGIN), bearer(seller, LOGIN)

    async def talk() -> None:
        async with listening(address, path(general), tokens[0]) as one:
            await come_in(one)
            async with listening(address, path(general), tokens[1]) as tab:
                await come_in(tab)
                async with listening(address, path(general), tokens[1]) as second:
                    online = await second.until("users_online")
                    assert (set(online["users"]), online["count"]) == ({buyer.number, seller.number}, 2)
                    await tab.say(type="message", content="from one tab")
                    for each in (one, tab, second):
                        await each.until("message", content="from one tab")
                await one.say(type="message", content="after the second tab")
                await tab.until("message", content="after the second tab")
            await one.until("user_left")
            assert one.kinds().count("user_joined") == one.kinds().count("user_left") == 1

    run(talk)


def test_seed_who_may_not_enter_is_refused_in_the_handshake(
    address: str, buyer: User, stranger: User, general: Room, secret: Room
) -> None:
    """So that the Angular client falls back to polling instead of believing itself connected."""
    token = bearer(stranger, LOGIN)

    async def talk() -> None:
        for wrong in ("nonsense", ""):
            assert await refused(address, path(general), wrong) == 403
        for number in (secret.number, 987_654_321):
            assert await refused(address, f"/api/ws/{number}", token) == 403
        assert await refused(address, path(general), token, origin="https://evil.example") == 403
        assert await refused(address, path(general), token, origin="http://localhost:4200") == 101
        assert await refused(address, f"{path(general)}/", token) == 101
        assert await refused(address, "/api/ws/one", token) == 403

    run(talk)


def test_who_was_only_invited_joins_first(address: str, buyer: User, seller: User, secret: Room) -> None:
    groups.invite(buyer, secret.pk, seller)
    token = bearer(seller, LOGIN)
    assert run(lambda: refused(address, path(secret), token)) == 403
    groups.join(seller, secret.pk)
    assert run(lambda: refused(address, path(secret), token)) == 101


# ── Leaving, and being put out ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("is_removed", "code"), [(False, 1000), (True, 1008)])
def test_ours_a_socket_ends_with_its_membership(
    address: str, buyer: User, seller: User, secret: Room, is_removed: bool, code: int
) -> None:
    """At 1000 the Angular client stays away; at any other code it tries again, and is refused."""
    groups.invite(buyer, secret.pk, seller)
    groups.join(seller, secret.pk)
    token = bearer(seller, LOGIN)

    async def talk() -> None:
        async with listening(address, path(secret), token) as ws:
            await come_in(ws)
            if is_removed:
                await in_thread(groups.remove, buyer, secret.pk, seller.pk)
            else:
                await in_thread(groups.leave, seller, secret.pk)
            assert await ws.close_code() == code

    run(talk)


# ── Who is online, over HTTP ─────────────────────────────────────────────────────────────────────


def test_angular_asks_over_http_who_is_online(
    address: str, angular: Api, buyer: User, seller: User, stranger: User, general: Room, secret: Room
) -> None:
    """With the header, or with `?token=`; an answer for who may look into the room."""
    tokens, api = (bearer(buyer, LOGIN), bearer(seller, LOGIN)), angular(stranger)
    url = f"/api/ws/rooms/{general.number}/online"
    nobody: dict[str, Any] = {"room_id": general.number, "online_users": [], "count": 0}
    assert APIClient().get(f"{url}?token={tokens[0]}").json() == nobody

    async def talk() -> None:
        async with (
            listening(address, path(general), tokens[0]) as one,
            listening(address, path(general), tokens[1]) as two,
        ):
            await come_in(one)
            await come_in(two)
            facts = (await in_thread(api.get, url)).json()
            assert facts["count"] == 2
            assert {user["username"]: user["id"] for user in facts["online_users"]} == {
                "buyer": buyer.number,
                "seller": seller.number,
            }

    run(talk)
    assert APIClient().get(url).status_code == 401
    assert APIClient().get(f"{url}?token=nonsense").status_code == 401
    assert api.get(f"/api/ws/rooms/{secret.number}/online").status_code == 404


def test_what_was_said_before_is_read_over_http_and_not_told_again(address: str, buyer: User, general: Room) -> None:
    """The Angular client loads it first; it would show it twice."""
    groups.join(buyer, general.pk)
    sending.send(buyer, general.pk, Draft("before"))
    token = bearer(buyer, LOGIN)

    async def talk() -> None:
        async with listening(address, path(general), token) as ws:
            await come_in(ws)
            await ws.say(type="message", content="now")
            assert (await ws.until("message"))["content"] == "now"

    run(talk)
