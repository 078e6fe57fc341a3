"""The examples of PoliMarket's own README, word for word, against a real server."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import connect

from accounts.models import User
from chat.models import Message, Room
from chat.services import opening
from chat.tests.sockets import run
from listings.models import Category, Listing
from listings.services import catalogs, listings
from listings.tests.studio import drawn, encoded

pytestmark = pytest.mark.django_db(transaction=True)

REGISTER = """
  curl -X POST "http://127.0.0.1:8000/auth/register" -d "name=John" -d "email=john@espol.edu.ec" -d "password=secret"
"""
LOGIN = """
  curl -X POST "http://127.0.0.1:8000/auth/login" -d "username=john@espol.edu.ec" -d "password=secret"
"""
CREATE = """
  curl -X POST "http://127.0.0.1:8000/products" -H "Authorization: Bearer <TOKEN>" -F "title=Item" \
-F "description=Desc" -F "price=9.99" -F "file=@/path/to/image.png"
"""
START = """
  curl -X POST "http://127.0.0.1:8000/chats/start" -H "Authorization: Bearer <TOKEN>" -d "product_id=1"
"""
WSCAT = """
  wscat -c "ws://127.0.0.1:8000/ws/chats/1?token=<TOKEN>"
"""
HERE = "127.0.0.1:8000"


def curl(command: str, address: str, **said: str) -> httpx.Response:
    """As curl does it: `-d` makes a form, `-F` one of several parts."""
    words = shlex.split(_filled(command, address, said))
    assert words.pop(0) == "curl"
    options: dict[str, list[str]] = {"-X": [], "-H": [], "-d": [], "-F": []}
    place = ""
    while words:
        word = words.pop(0)
        if word in options:
            options[word].append(words.pop(0))
        else:
            place = word
    headers = dict(line.split(": ", 1) for line in options["-H"])
    sent: dict[str, Any] = {}
    if options["-d"]:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        sent["content"] = "&".join(options["-d"])
    if options["-F"]:
        sent["files"] = {name: _part(value) for name, value in (each.split("=", 1) for each in options["-F"])}
    return httpx.request(options["-X"][0], place, headers=headers, **sent)


def _part(value: str) -> Any:
    if not value.startswith("@"):
        return None, value
    path = Path(value[1:])
    return path.name, path.read_bytes(), "image/png"


def _filled(command: str, address: str, said: dict[str, str]) -> str:
    command = command.replace(HERE, urlsplit(address).netloc)
    for place, value in said.items():
        command = command.replace({"token": "<TOKEN>", "path": "/path/to/image.png"}[place], value)
    return command


@pytest.fixture
def product_1(make_person: Any) -> Listing:
    """The examples are about product 1 and chat 1, as on a server that has just been set up."""
    catalogs.seed_base()
    seller = make_person("seller")
    facts = {"title": "First", "price_cents": 100, "category": Category.objects.earliest("pk")}
    listing = listings.offer(seller, facts=facts)
    Listing.objects.filter(pk=listing.pk).update(number=1)
    return listing


def test_readme_the_examples_of_its_readme(address: str, product_1: Listing, tmp_path: Path) -> None:
    image = tmp_path / "image.png"
    image.write_bytes(encoded(drawn(40, 30), "PNG"))

    john = curl(REGISTER, address)
    assert (john.status_code, john.json()) == (200, {"id": User.objects.get(email="john@espol.edu.ec").number})

    login = curl(LOGIN, address)
    token = login.json()["access_token"]
    assert (login.status_code, login.json()["token_type"]) == (200, "bearer")

    created = curl(CREATE, address, token=token, path=str(image))
    assert (created.status_code, created.json()["price"]) == (200, 9.99), created.text
    picture = httpx.get(created.json()["image_url"].replace(HERE, urlsplit(address).netloc))
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/png")

    started = curl(START, address, token=token)
    room, is_new = opening.about_listing(User.objects.get(name="John"), product_1.pk)
    assert (started.json(), is_new) == ({"chat_id": room.number}, False)
    Room.objects.update(number=1)

    async def wscat() -> Any:
        async with connect(shlex.split(_filled(WSCAT, address, {"token": token}))[2]) as socket:
            await socket.send('{ "text": "message" }')
            return json.loads(await socket.recv())

    heard = run(wscat)
    assert {"author_id", "author_name", "text", "created_at"} <= heard.keys()
    assert (heard["author_name"], heard["text"]) == ("John", "message")
    assert Message.objects.get().body == "message"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_readme_the_documents_are_there(address: str, path: str) -> None:
    assert httpx.get(f"{address}{path}").status_code == 200
