"""The Angular client's calls and the guide's own JavaScript, in a real browser, from the origin of another server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, sync_playwright

from accounts.models import User
from chat.models import Message, Room
from conftest import PASSWORD
from marketplace.tests.browser import ARGS, CHROMIUM, needs_chromium

pytestmark = needs_chromium
ANGULAR = "http://localhost:4200"
# A page that came from no real server counts as one of the wide internet, which may not look at this machine
FROM_NOWHERE = "--disable-features=LocalNetworkAccessChecks"
SIGN_IN = """async ([base, username, password]) => {
    const json = {"Content-Type": "application/json"};
    const login = await fetch(`${base}/api/users/login`, {
        method: "POST", headers: json, body: JSON.stringify({username, password})
    });
    const token = (await login.json()).access_token;
    const claims = JSON.parse(atob(token.split('.')[1]));
    const signed = {...json, Authorization: `Bearer ${token}`};
    const rooms = await (await fetch(`${base}/api/rooms/?skip=0&limit=100`)).json();
    const mine = await (await fetch(`${base}/api/users/me/rooms`, {headers: signed})).json();
    const joined = await (await fetch(`${base}/api/rooms/${rooms[0].id}/join`, {
        method: "POST", headers: signed, body: JSON.stringify({})
    })).json();
    return {token, claims, rooms: rooms.map((room) => [room.owner.username, room.members.length]), mine, joined};
}"""
TALK = """([base, token, roomId]) => new Promise((heard, failed) => {
    const ws = new WebSocket(`${base.replace('http', 'ws')}/api/ws/${roomId}?token=${token}`);
    const received = [];
    ws.onopen = function() {
        // Enviar mensaje
        ws.send(JSON.stringify({
            type: "message",
            content: "¡Hola mundo!",
            file_id: null // opcional
        }));

        // Indicar que estás escribiendo
        ws.send(JSON.stringify({
            type: "typing",
            typing: true
        }));
        ws.send(JSON.stringify({ type: "ping" }));
    };
    ws.onmessage = function(event) {
        const data = JSON.parse(event.data);
        received.push(data);
        const kinds = received.map((frame) => frame.type);
        if (kinds.includes("pong") && kinds.includes("message")) {  // whichever comes first
            ws.close(1000);
            heard(received);
        }
    };
    ws.onerror = failed;
})"""


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """An empty page of the Angular server; whatever the browser complains about fails the test at its end."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright keeps a loop running in this thread
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, FROM_NOWHERE])
        tab = browser.new_page()
        tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        tab.route(f"{ANGULAR}/**", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
        tab.goto(f"{ANGULAR}/rooms")
        complaints.clear()  # that it has no icon
        yield tab
        browser.close()
        connections.close_all()
    assert complaints == []


def test_seed_the_guides_javascript_and_angular_signing_in(
    address: str, page: Page, buyer: User, general: Room
) -> None:
    """Another origin than ours: CORS lets it in, and the socket takes its Origin."""
    facts: dict[str, Any] = page.evaluate(SIGN_IN, [address, "buyer", PASSWORD])
    assert facts["claims"]["exp"] - facts["claims"]["iat"] == 30 * 60
    assert facts["rooms"] == [["admin", 1]]
    assert facts["mine"] == []
    assert facts["joined"]["message"].endswith("exitosamente")

    received: list[dict[str, Any]] = page.evaluate(TALK, [address, facts["token"], general.number])

    kinds = [frame["type"] for frame in received]
    assert kinds[:2] == ["welcome", "users_online"]
    assert sorted(kinds[2:]) == ["message", "pong"], "the echo of one's own message, and nothing of one's own typing"
    echo = next(frame for frame in received if frame["type"] == "message")
    assert (echo["content"], echo["sender"]["username"]) == ("¡Hola mundo!", "buyer")
    assert Message.objects.get(room=general).body == "¡Hola mundo!"
