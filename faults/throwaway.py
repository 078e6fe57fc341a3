"""A page that opens a socket for each message and hangs up at once: every one of 1,000 messages is kept, once.

Against a real server of its own. The closing frame leaves in the same write as the message. SHORT=1: 100 of them.
"""

from __future__ import annotations

import asyncio
import sys
import time
from io import BytesIO
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from _stack import ROOT, Tally, Web, prepare, running, size
from PIL import Image

sys.path.insert(0, str(ROOT))

from marketplace.contracts.tests.polimarket.throwaway import say_and_hang_up

PATIENCE_SECONDS = 30.0


def sign_up(client: httpx.Client) -> str:
    person = {"name": "Drill", "email": f"p{uuid4().hex[:12]}@espol.edu.ec", "password": "secret"}
    client.post("/auth/register", json=person).raise_for_status()
    reply = client.post("/auth/login", data={"username": person["email"], "password": person["password"]})
    return str(reply.raise_for_status().json()["access_token"])


def start_chat(client: httpx.Client, seller: str, buyer: str) -> int:
    image = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(image, "PNG")
    form = {"title": "Lamp", "description": "", "price": "8.5"}
    files = {"file": ("lamp.png", image.getvalue(), "image/png")}
    product = client.post("/products", data=form, files=files, headers=bearer(seller)).raise_for_status().json()
    reply = client.post("/chats/start", json={"product_id": product["id"]}, headers=bearer(buyer))
    return int(reply.raise_for_status().json()["chat_id"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def texts_of(client: httpx.Client, chat: int, token: str) -> list[str]:
    rows = client.get(f"/chats/{chat}/messages?limit=1000", headers=bearer(token)).raise_for_status().json()
    return [row["text"] for row in rows]


def main() -> None:
    tally = Tally("PoliMarket's page: one socket for each message, thrown away at once")
    web = Web(RATE_LIMIT="off")
    said = [f"message {n}" for n in range(size(1_000, 100))]
    with running(web), httpx.Client(base_url=web.address, timeout=30) as client:
        seller, buyer = sign_up(client), sign_up(client)
        chat = start_chat(client, seller, buyer)
        place = urlsplit(web.address)
        began = time.monotonic()
        for text in said:
            asyncio.run(say_and_hang_up(str(place.hostname), place.port or 80, path_of(chat, buyer), text))
        tally.note(f"{len(said)} sockets in {time.monotonic() - began:.1f} s")
        until = time.monotonic() + PATIENCE_SECONDS
        while len(texts_of(client, chat, buyer)) < len(said) and time.monotonic() < until:
            time.sleep(0.1)
        kept = texts_of(client, chat, buyer)
    tally.expect("messages kept", len(kept), len(said))
    tally.expect("messages lost", len(set(said) - set(kept)), 0)
    tally.finish()


def path_of(chat: int, token: str) -> str:
    return f"/ws/chats/{chat}?token={token}"


if __name__ == "__main__":
    prepare()
    main()
