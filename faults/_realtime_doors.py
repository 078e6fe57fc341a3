"""Drills of tokens and tickets that have run out, were used, or were never any good."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import urllib.request
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from _realtime_place import Place, all_up, place, stopped
from _realtime_stack import Stack
from _stack import LOG, ROOT, Tally, size
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

LIFE_SECONDS = 5


async def token_ends(stack: Stack, tally: Tally) -> None:
    """16. A token that ends in five seconds: who shows a new one stays, who does not is closed and hears no more."""
    where = await place(2)
    writers = where.clients(stack.addresses[1:], 1)
    await all_up(writers)
    heard = [_listen(stack, where, refreshes) for refreshes in (True, False)]
    talks = [asyncio.create_task(each) for each in heard]
    for _ in range(LIFE_SECONDS * 2 + 6):
        await writers[0].send("hola")
        await asyncio.sleep(0.5)
    (stays, stays_code), (goes, goes_code) = await asyncio.gather(*talks)
    kinds = [shown["type"] for _, shown in goes]
    warned = sum(any(shown["type"] == "token_expiring" for _, shown in each) for each in (stays, goes))
    tally.expect("warned, of two", warned, 2)
    tally.expect("with a new token it stays", stays_code, None)
    tally.expect("without it is closed with", goes_code, 4_401)
    tally.expect("the last words to it", (kinds[-1], goes[-1][1].get("code")), ("error", "token_expired"))
    late = [at for at, shown in goes if shown["type"] == "message.created" and at > LIFE_SECONDS + 0.5]
    tally.expect("messages it heard after the end", len(late), 0)
    more = [at for at, shown in stays if shown["type"] == "message.created" and at > LIFE_SECONDS + 0.5]
    tally.expect("the other heard some", len(more) > 0, True)
    await stopped(writers)


async def _listen(stack: Stack, where: Place, refreshes: bool) -> tuple[list[tuple[float, dict[str, Any]]], int | None]:
    """What it heard and when, for a few seconds more than its token lives."""
    heard: list[tuple[float, dict[str, Any]]] = []
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {token_like(where.tokens[1], exp=int(time.time()) + LIFE_SECONDS)}"}
    async with connect(_socket(stack), additional_headers=headers) as connection:
        try:
            await connection.send(json.dumps({"type": "subscribe", "room": str(where.room_id)}))
            while (left := began + LIFE_SECONDS + 3 - time.monotonic()) > 0:
                shown = json.loads(await asyncio.wait_for(connection.recv(), left))
                heard.append((time.monotonic() - began, shown))
                if shown["type"] == "token_expiring" and refreshes:
                    await connection.send(json.dumps({"type": "auth.refresh", "token": where.tokens[1]}))
        except TimeoutError:
            return heard, None
        except ConnectionClosed as closed:
            return heard, closed.rcvd.code if closed.rcvd else 1_006
    return heard, None


async def keys_that_do_not_fit(stack: Stack, tally: Tally) -> None:
    """19. Tickets used twice, late or elsewhere, pages of elsewhere, cookies, unsigned tokens, people who are gone."""
    where = await place(1)
    token = where.tokens[0]
    elsewhere = str((await place(1)).room_id)
    tickets = [await asyncio.to_thread(_ticket, stack, token, **facts) for facts in ({}, {}, {"room": elsewhere})]
    cookie = await asyncio.to_thread(_page_session, where.people[0])
    tally.expect("a ticket", await _opened(stack, f"?ticket={tickets[0]}"), "welcome")
    tally.expect("the same again", await _opened(stack, f"?ticket={tickets[0]}"), 4_501)
    tally.expect("two at once", await _opened(stack, f"?ticket={tickets[1]}&ticket={tickets[1]}"), 4_501)
    tally.expect("for another room", await _followed(stack, where, f"?ticket={tickets[2]}"), "chat_not_found")
    await asyncio.sleep(size(31, 0))
    wanted: tuple[str, object] = ("after 31 s", 4_501) if size(1, 0) else ("at once", "welcome")
    tally.expect(f"another, {wanted[0]}", await _opened(stack, f"?ticket={tickets[1]}"), wanted[1])
    tally.expect("a page of elsewhere", await _opened(stack, f"?token={token}", Origin="https://evil.example"), 403)
    tally.expect("a page of nowhere", await _opened(stack, f"?token={token}", Origin="null"), 403)
    tally.expect("no page, and a good cookie", await _spoken(stack, Cookie=f"sessionid={cookie}"), 4_501)
    unsigned = _unsigned(token)
    tally.expect("a token that nobody signed", await _opened(stack, f"?token={unsigned}"), 4_501)
    tally.expect("a good one", await _opened(stack, f"?token={token}"), "welcome")
    await asyncio.to_thread(_disable, where.people[0].pk)
    tally.expect("of who is disabled", await _opened(stack, f"?token={token}"), 4_503)
    deleted = await asyncio.to_thread(_token_of_nobody)
    tally.expect("of who was deleted", await _opened(stack, f"?token={deleted}"), 4_501)
    found, lines = await asyncio.to_thread(_logs_that_say, [*tickets, token, unsigned, deleted, cookie])
    tally.expect("logs that name one of them", found, [])
    tally.expect("logs have the lines of these sockets, with the rest of their addresses", lines >= 8, True)


def _ticket(stack: Stack, token: str, **facts: str) -> str:
    body = json.dumps(facts).encode()
    request = urllib.request.Request(f"{stack.addresses[0]}/v1/ws/ticket", body, method="POST")
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=10) as reply:
        return str(json.load(reply)["ticket"])


async def _opened(stack: Stack, query: str, **headers: str) -> str | int:
    """The first frame's type, or how it was refused."""
    try:
        async with connect(_socket(stack) + query, additional_headers=headers) as connection:
            shown = json.loads(await asyncio.wait_for(connection.recv(), 10))
            while shown["type"] == "error":
                shown = json.loads(await asyncio.wait_for(connection.recv(), 10))
            return str(shown["type"])
    except InvalidStatus as refused:
        return refused.response.status_code
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1_006


async def _followed(stack: Stack, where: Place, query: str) -> str:
    """What comes of it in a room that the ticket is not for."""
    async with connect(_socket(stack) + query) as connection:
        await connection.recv()  # welcome
        await connection.send(json.dumps({"type": "subscribe", "room": str(where.room_id)}))
        shown = json.loads(await asyncio.wait_for(connection.recv(), 10))
        return str(shown.get("code", shown["type"]))


async def _spoken(stack: Stack, **headers: str) -> str | int:
    """With no key, it is asked for one; who says something else instead is closed."""
    async with connect(_socket(stack), additional_headers=headers) as connection:
        await connection.send('{"type": "ping"}')
        try:
            while True:
                shown = json.loads(await asyncio.wait_for(connection.recv(), 10))
                if shown["type"] != "error":
                    return str(shown["type"])
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1_006


def _socket(stack: Stack) -> str:
    return stack.addresses[0].replace("http", "ws") + "/v1/ws"


def token_like(token: str, **changed: object) -> str:
    from django.conf import settings

    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode({**claims, **changed}, str(settings.SIMPLE_JWT["SIGNING_KEY"]), algorithm="HS256")


def _unsigned(token: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


def _page_session(person: Any) -> str:
    """Of the web pages: a browser sends it along wherever it goes."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    kept = SessionStore()
    kept[SESSION_KEY], kept[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
    kept[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    kept.save()
    return str(kept.session_key)


def _disable(person: UUID) -> None:
    from accounts.models import User

    User.objects.filter(pk=person).update(is_active=False)


def _token_of_nobody() -> str:
    from django.utils import timezone

    from accounts.models import Surface, User
    from accounts.services.sign_in import open_session
    from accounts.tokens import pair_for

    person = User.objects.create(username=f"drill-{time.time_ns()}")
    facts: dict[str, Any] = {"address": "127.0.0.1", "user_agent": "drill", "now": timezone.now()}
    token = pair_for(open_session(person, surface=Surface.CAMPUS, **facts)).access
    person.delete()
    return token


def _logs_that_say(secrets: list[str]) -> tuple[list[str], int]:
    """Their names, and how many lines of sockets with a hidden key there are."""
    folders: tuple[Path, ...] = (LOG, ROOT / "var" / "log")
    files = [file for folder in folders if folder.is_dir() for file in folder.rglob("*") if file.is_file()]
    texts = {file.name: file.read_bytes() for file in files}
    found = [name for name, text in texts.items() if any(secret.encode() in text for secret in secrets)]
    return found, sum(
        text.count(b"/v1/ws?token=[hidden]") + text.count(b"/v1/ws?ticket=[hidden]") for text in texts.values()
    )
