"""The bridge from the ASGI server to the WSGI application: one request is one job of one thread.

An ordinary reply crosses it once, in one piece, when the thread is done with it. Only a reply that streams (a file)
goes piece by piece, through a short queue that holds the thread back while its reader is slow.
See docs/decisions/0009-road-of-a-hot-read.md.
"""

from __future__ import annotations

import asyncio
import contextvars
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from queue import SimpleQueue
from typing import IO, Any

from marketplace.front_door import BODY, App, Receive, Scope, Send, TooBusy

WAITING_PIECES = 64
STOPPING_SECONDS = 2.0
Headers = list[tuple[bytes, bytes]]
Job = Callable[[], None]
Piece = bytes | BaseException | None  # None is the end, an exception is a broken end


class ReaderGone(Exception):
    """Nobody takes what is streamed any more: the thread stops making it."""


class Stream:
    """Pieces on their way from a thread to the event loop, at most so many at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._pieces: asyncio.Queue[Piece] = asyncio.Queue(WAITING_PIECES)
        self._is_abandoned = False

    def put(self, piece: Piece) -> None:
        """Called in the thread."""
        asyncio.run_coroutine_threadsafe(self._put(piece), self._loop).result()

    async def _put(self, piece: Piece) -> None:
        if not self._is_abandoned:
            await self._pieces.put(piece)
        if self._is_abandoned:
            raise ReaderGone

    async def next(self) -> bytes | None:
        piece = await self._pieces.get()
        if isinstance(piece, BaseException):
            raise piece  # the server closes the connection: half a file is not taken for a whole one
        return piece

    def abandon(self) -> None:
        """Whoever waits for room gets it, and learns that it was in vain."""
        self._is_abandoned = True
        while not self._pieces.empty():
            self._pieces.get_nowait()


@dataclass
class Reply:
    status: int
    headers: Headers
    body: bytes | Stream


@dataclass
class Exchange:
    """One request in its thread, and the future that its reply arrives at."""

    application: Callable[..., Iterable[bytes]]
    environ: dict[str, Any]
    loop: asyncio.AbstractEventLoop
    reply: asyncio.Future[Reply]
    head: tuple[int, Headers] = field(default=(500, []))

    def run(self) -> None:
        try:
            self._answer()
        except ReaderGone:
            return
        except BaseException as error:
            self._tell(error)

    def _answer(self) -> None:
        pieces = self.application(self.environ, self._start_response)
        try:
            if getattr(pieces, "streaming", True):
                self._stream(pieces)
                return
            reply = Reply(*self.head, b"".join(pieces))
        finally:
            getattr(pieces, "close", _nothing)()
        self._tell(reply)  # last of all: now the loop has the processor, and this thread is free

    def _stream(self, pieces: Iterable[bytes]) -> None:
        stream = Stream(self.loop)
        self._tell(Reply(*self.head, stream))
        try:
            for piece in pieces:
                stream.put(piece)
        except ReaderGone:
            raise
        except BaseException as error:
            stream.put(error)
        else:
            stream.put(None)

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        encoded = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers]
        self.head = (int(status.partition(" ")[0]), encoded)

    def _tell(self, outcome: Reply | BaseException) -> None:
        with suppress(RuntimeError):  # the loop has been closed: there is nobody left to tell
            self.loop.call_soon_threadsafe(self._settle, outcome)

    def _settle(self, outcome: Reply | BaseException) -> None:
        if self.reply.done():  # whoever waited has been cancelled
            if isinstance(outcome, Reply) and isinstance(outcome.body, Stream):
                outcome.body.abandon()
        elif isinstance(outcome, BaseException):
            self.reply.set_exception(outcome)
        else:
            self.reply.set_result(outcome)


class Threads:
    """So many and no more. A job is given to whoever has become free last: its connection still has everything at hand,
    and where there is little to do, the others sleep.
    """

    def __init__(self, count: int, *, first: Job, last: Job, most_waiting: int | None = None) -> None:
        """`first` and `last` are what each thread does before and after its work."""
        self._count, self._first, self._last, self._most_waiting = count, first, last, most_waiting
        self._lock = threading.Lock()
        self._jobs: deque[Job] = deque()  # while nobody is free
        self._free: list[SimpleQueue[Job | None]] = []
        self._working: list[threading.Thread] = []
        self._crew = object()  # of those who go on working

    def do(self, job: Job) -> None:
        with self._lock:
            if self._most_waiting is not None and len(self._jobs) >= self._most_waiting:
                raise TooBusy
            if not self._working:
                self._start()
            if not self._free:
                self._jobs.append(job)
                return
            hand = self._free.pop()
        hand.put(job)

    def _start(self) -> None:
        names = [f"web-{number}" for number in range(self._count)]
        crew = (self._crew,)
        self._working = [threading.Thread(target=self._work, args=crew, name=name, daemon=True) for name in names]
        for thread in self._working:
            thread.start()

    def _work(self, crew: object) -> None:
        self._first()
        hand: SimpleQueue[Job | None] = SimpleQueue()
        while (job := self._next(crew, hand)) is not None:
            job()
            del job  # an idle thread holds on to nobody's request
        self._last()

    def _next(self, crew: object, hand: SimpleQueue[Job | None]) -> Job | None:
        with self._lock:
            if self._jobs:
                return self._jobs.popleft()
            if crew is not self._crew:
                return None
            self._free.append(hand)
        return hand.get()

    def stop(self) -> None:
        """Each one ends when nothing waits any more. The next job starts others."""
        with self._lock:
            self._crew = object()
            working, self._working = self._working, []
            free, self._free = self._free, []
        for hand in free:
            hand.put(None)
        for thread in working:
            thread.join(STOPPING_SECONDS)


class Bridge:
    def __init__(self, application: Callable[..., Iterable[bytes]], threads: Threads) -> None:
        self._application = application
        self._threads = threads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        exchange = Exchange(self._application, environ_of(scope), loop, loop.create_future())
        context = contextvars.copy_context()  # what one request binds, no other sees
        self._threads.do(lambda: context.run(exchange.run))
        reply = await exchange.reply
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        if isinstance(reply.body, Stream):
            await _pass_on(reply.body, send)
        else:
            await send({"type": "http.response.body", "body": reply.body})


@dataclass(frozen=True)
class Road:
    """For requests to such an address, with a body of at least so many bytes."""

    app: App
    pattern: re.Pattern[str]
    from_bytes: int = 0

    def leads(self, scope: Scope) -> bool:
        return self.pattern.match(scope["path"]) is not None and _length(scope) >= self.from_bytes


class Roads:
    """Some requests have threads of their own: what floods them waits there, and takes no thread from anybody else."""

    def __init__(self, app: App, *own: Road) -> None:
        """The first of `own` that leads there is taken, or else `app`."""
        self._app, self._own = app, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = next((road.app for road in self._own if road.leads(scope)), self._app)
        await app(scope, receive, send)


def _length(scope: Scope) -> int:
    """The front door has counted it."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)


async def _pass_on(stream: Stream, send: Send) -> None:
    try:
        while (piece := await stream.next()) is not None:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        stream.abandon()


def environ_of(scope: Scope) -> dict[str, Any]:
    """What WSGI wants to know of a request. The front door has made the query string ASCII."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    body: IO[bytes] = scope.get(BODY) or BytesIO()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("ascii"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" not in name:  # else `X_Forwarded_For`, which no proxy looks at, would be read as `X-Forwarded-For`
            _add_header(environ, environ_name(name), value.decode("latin-1"))
    return environ


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    environ[name] = f"{environ[name]},{value}" if name in environ else value


@lru_cache(maxsize=512)
def environ_name(header: bytes) -> str:
    name = header.decode("latin-1").upper().replace("-", "_")
    return name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}"


def _nothing() -> None:
    pass
