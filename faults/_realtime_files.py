"""Drills of files in messages: too many, too large, false, somebody else's, unfinished, and a store that fails."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from uuid import uuid4

from _realtime_place import Place, place
from _realtime_stack import Stack
from _stack import Tally, Web, size

LARGEST = 50 * 1_024 * 1_024
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"notes " * 50
Answer = tuple[int, dict[str, Any]]


async def files_that_do_not_fit(stack: Stack, tally: Tally) -> None:
    """23. Files that cannot be sent: each told in an error of its own, nothing is said, and nothing stays."""
    where = await place(2)
    for name, (seen, wanted) in (await asyncio.to_thread(_tried, stack, where)).items():
        tally.expect(name, seen, wanted)
    if size(1, 0):
        for name, (seen, wanted) in (await _with_a_broken_store(stack, where)).items():
            tally.expect(name, seen, wanted)
    tally.expect("messages", await asyncio.to_thread(lambda: len(where.stored())), 1)
    tally.expect("rows and files, a day later", await asyncio.to_thread(_left, where), (0, 0))


def _tried(stack: Stack, where: Place) -> dict[str, tuple[object, object]]:
    mine, theirs = (Person(stack.addresses[0], token, where) for token in where.tokens)
    unfinished = mine.presign("notes.pdf", "application/pdf")
    not_mine = theirs.upload("notes.pdf", "application/pdf", PDF)
    false = mine.presign("me.png", "image/png")
    mine.put(false, PDF, "image/png")
    return {
        "eleven files": (mine.say(*[str(uuid4()) for _ in range(11)]), 422),
        "a byte more than 50 MB": (mine.post("uploads/presign", size=LARGEST + 1, **_named("a.pdf"))[0], 422),
        "a program": (mine.post("uploads/presign", filename="a.exe", content_type="application/x-msdownload")[0], 422),
        "a picture that is none": (mine.confirm(false), 422),
        "of somebody else": (mine.say(not_mine), 404),
        "before it is there": (mine.say(unfinished["upload_id"]), 409),
        "of nobody": (mine.say(str(uuid4())), 404),
        "and words alone": (mine.say(content="hola"), 201),
    }


async def _with_a_broken_store(stack: Stack, where: Place) -> dict[str, tuple[object, object]]:
    store = await asyncio.start_server(_fail, "127.0.0.1", 0)
    port = store.sockets[0].getsockname()[1]
    facts: dict[str, Any] = {"S3_ENDPOINT": f"http://127.0.0.1:{port}", "S3_BUCKET": "drill", "S3_REGION": "us-east-1"}
    web = Web(**stack.facts, **facts, S3_ACCESS_KEY="drill", S3_SECRET_KEY="drill-secret")
    try:
        await asyncio.to_thread(web.start)
        me = Person(web.address, where.tokens[0], where)
        granted = await asyncio.to_thread(me.presign, "notes.pdf", "application/pdf")
        return {
            "the store answers 500 to a confirmation": (await asyncio.to_thread(me.confirm, granted), 503),
            "and what it should hold is not sent": (await asyncio.to_thread(me.say, granted["upload_id"]), 409),
        }
    finally:
        await asyncio.to_thread(web.kill)
        store.close()


async def _fail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


class Person:
    """Somebody with an HTTP client."""

    def __init__(self, address: str, token: str, where: Place) -> None:
        self.address, self._token, self._where = address, token, where

    def post(self, path: str, **body: object) -> Answer:
        request = urllib.request.Request(f"{self.address}/v1/{path}", json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", f"Bearer {self._token}")
        return _answer(request)

    def say(self, *upload_ids: str, content: str | None = None) -> int:
        return self.post("messages", chat_id=str(self._where.room_id), upload_ids=upload_ids, content=content)[0]

    def presign(self, filename: str, content_type: str) -> dict[str, Any]:
        return self.post("uploads/presign", filename=filename, content_type=content_type)[1]

    def put(self, granted: dict[str, Any], body: bytes, content_type: str) -> int:
        parts = urlsplit(granted["upload_url"])  # with the name of the site, which no drill has
        address = f"{self.address}{parts.path}?{parts.query}"
        request = urllib.request.Request(address, body, headers=granted["headers"], method="PUT")
        return _answer(request)[0]

    def confirm(self, granted: dict[str, Any]) -> int:
        return self.post("uploads", object_key=granted["object_key"])[0]

    def upload(self, filename: str, content_type: str, body: bytes) -> str:
        granted = self.presign(filename, content_type)
        self.put(granted, body, content_type)
        self.confirm(granted)
        return str(granted["upload_id"])


def _named(filename: str) -> dict[str, str]:
    return {"filename": filename, "content_type": "application/pdf"}


def _answer(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, json.loads(reply.read() or b"{}")
    except HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"{}")


def _left(where: Place) -> tuple[int, int]:
    """What the collector leaves of these people."""
    from django.utils import timezone

    from chat.models import Upload
    from chat.services.files import upkeep
    from marketplace.common.storage import get_store

    later = timezone.now() + timedelta(hours=25)
    upkeep.collect(now=later)
    folders = [f"{root}chat/{person.pk}/" for person in where.people for root in ("", "originals/", "incoming/")]
    files = sum(1 for folder in folders for _ in get_store().list(folder, older_than=later + timedelta(days=1)))
    return Upload.objects.filter(uploader__in=where.people).count(), files
