"""What stands before Django on the one port: bodies are taken in whole, with a limit, before a thread is spent.

Django's WSGI handler runs in a bounded thread pool. A phone on a bad line may take a minute to send its picture;
here it costs a file handle, not a thread. It also gives chunked bodies the Content-Length that WSGI needs, and
cuts off the ones that never end.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

import orjson
import uuid_utils.compat

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

IN_MEMORY = 262_144
CHUNK = 65_536
BODY = "marketplace.body"  # where the scope holds the body that was taken in
BODILESS = ("GET", "HEAD")
NOWHERE = re.compile(r"(?!)")
ASCII = re.compile(rb"[ -~]*")


class BodyTooLarge(Exception):
    pass


class ClientGone(Exception):
    pass


class ReaderTooSlow(Exception):
    pass


class PatientSend:
    """Sends while somebody reads. After a pause it throws the rest away, so that the thread behind it goes on."""

    def __init__(self, send: Send, seconds: float) -> None:
        self._send, self._seconds = send, seconds
        self.gave_up = False

    async def __call__(self, message: Message) -> None:
        if self.gave_up:
            return
        try:
            async with asyncio.timeout(self._seconds):
                await self._send(message)
        except TimeoutError:
            self.gave_up = True


@dataclass(frozen=True)
class BodyLimits:
    """Bytes by path: the first pattern that matches, else `default`."""

    default: int
    by_path: tuple[tuple[re.Pattern[str], int], ...] = ()

    def of(self, path: str) -> int:
        return next((limit for pattern, limit in self.by_path if pattern.match(path)), self.default)


class Lane:
    """So many requests at once to some addresses. The others wait here, where waiting takes no thread from anybody."""

    def __init__(self, pattern: re.Pattern[str], width: int) -> None:
        self._pattern = pattern
        self._width = width
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    def entered(self, path: str) -> AbstractAsyncContextManager[object]:
        if not self._pattern.match(path):
            return nullcontext()
        return self._turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._width))


class FrontDoor:
    def __init__(
        self,
        app: App,
        *,
        limits: BodyLimits,
        lane: Lane | None = None,
        idle_seconds: float = 20.0,
        body_seconds: float = 600.0,
        reading_seconds: float = 10.0,
    ) -> None:
        self._app = app
        self._limits = limits
        self._lane = lane or Lane(NOWHERE, 1)
        self._idle = idle_seconds
        self._whole_body = body_seconds
        self._reading = reading_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not ASCII.fullmatch(scope["query_string"]):
            scope["query_string"] = quote(scope["query_string"], safe="%/:?#[]@!$&'()*+,;=~\\|^`{}\"<> ").encode()
        if scope["method"] in BODILESS and not _has_body(scope):
            await self._pass_on(scope, receive, send, BytesIO(), 0)
        else:
            await self._with_body(scope, receive, send)

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
                async with asyncio.timeout(self._whole_body):
                    size = await self._take_in(scope, receive, body)
                async with self._lane.entered(scope["path"]):
                    await self._pass_on(_sized(scope, size), receive, send, body, size)
        except BodyTooLarge:
            await _refuse(send, 413, "too_large", "Request body too large")
        except TimeoutError:
            await _refuse(send, 408, "too_slow", "The request body stopped arriving")
        except ClientGone:
            return

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, body: IO[bytes], size: int) -> None:
        patient = PatientSend(send, self._reading)
        scope[BODY] = body
        await self._app(scope, _replay(body, size, receive), patient)
        if patient.gave_up:
            raise ReaderTooSlow  # the server closes a connection whose reply was not finished

    async def _take_in(self, scope: Scope, receive: Receive, body: IO[bytes]) -> int:
        limit = self._limits.of(scope["path"])
        if _declared_length(scope) > limit:
            raise BodyTooLarge
        size, more = 0, True
        while more:
            async with asyncio.timeout(self._idle):
                message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise BodyTooLarge
            body.write(chunk)
            more = message.get("more_body", False)
        body.seek(0)
        return size


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _sized(scope: Scope, size: int) -> Scope:
    """The scope with the length that was counted, not the one that was claimed."""
    dropped = (b"content-length", b"transfer-encoding")
    headers = [(name, value) for name, value in scope["headers"] if name not in dropped]
    if size or scope["method"] in ("POST", "PUT", "PATCH"):
        headers.append((b"content-length", str(size).encode()))
    return {**scope, "headers": headers}


def _replay(body: IO[bytes], size: int, receive: Receive) -> Receive:
    left = size
    done = False

    async def next_message() -> Message:
        nonlocal left, done
        if done:
            return await receive()  # only a disconnect can come now
        chunk = body.read(CHUNK)
        left -= len(chunk)
        done = left <= 0
        return {"type": "http.request", "body": chunk, "more_body": not done}

    return next_message


async def _refuse(send: Send, status: int, code: str, detail: str) -> None:
    """The body was not read to its end, so the connection cannot be used again."""
    request_id = str(uuid_utils.compat.uuid4())
    body = orjson.dumps({"detail": detail, "code": code, "request_id": request_id})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-request-id", request_id.encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
