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
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any
from urllib.parse import quote

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
ASCII = re.compile(rb"[ -~]*")


class BodyTooLarge(Exception):
    pass


class ClientGone(Exception):
    pass


class ReaderTooSlow(Exception):
    pass


class TooBusy(Exception):
    """More is waiting for its turn than can have it soon."""


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


class FrontDoor:
    def __init__(
        self,
        app: App,
        *,
        limits: BodyLimits,
        idle_seconds: float = 20.0,
        body_seconds: float = 600.0,
        reading_seconds: float = 10.0,
    ) -> None:
        self._app = app
        self._limits = limits
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
            first, is_whole = await self._take_first(scope, receive)
            if is_whole:
                await self._pass_on(_sized(scope, len(first)), receive, send, BytesIO(first), len(first))
                return
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
                body.write(first)
                async with asyncio.timeout(self._whole_body):
                    size = await self._take_rest(scope, receive, body, len(first))
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
        try:
            await self._app(scope, _replay(body, size, receive), patient)
        except TooBusy:
            await _refuse(patient, 503, "too_busy", "Too much is waiting here already", retry_after=1)
        if patient.gave_up:
            raise ReaderTooSlow  # the server closes a connection whose reply was not finished

    async def _take_first(self, scope: Scope, receive: Receive) -> tuple[bytes, bool]:
        """The first piece, and whether it is all: of most bodies it is."""
        if _declared_length(scope) > self._limits.of(scope["path"]):
            raise BodyTooLarge
        return await self._take_piece(scope, receive, 0)

    async def _take_rest(self, scope: Scope, receive: Receive, body: IO[bytes], size: int) -> int:
        is_whole = False
        while not is_whole:
            piece, is_whole = await self._take_piece(scope, receive, size)
            size += len(piece)
            body.write(piece)
        body.seek(0)
        return size

    async def _take_piece(self, scope: Scope, receive: Receive, size: int) -> tuple[bytes, bool]:
        async with asyncio.timeout(self._idle):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        if size + len(piece) > self._limits.of(scope["path"]):
            raise BodyTooLarge
        return piece, not message.get("more_body", False)


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


async def _refuse(send: Send, status: int, code: str, detail: str, *, retry_after: int | None = None) -> None:
    """The body may not have been read to its end, so the connection cannot be used again."""
    request_id = str(uuid_utils.compat.uuid4())
    body = orjson.dumps({"detail": detail, "code": code, "request_id": request_id})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-request-id", request_id.encode()),
        (b"x-content-type-options", b"nosniff"),
        *([(b"retry-after", str(retry_after).encode())] if retry_after else []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
