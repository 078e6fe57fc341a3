"""Between the event loop and the threads: one crossing for a reply, pieces for a file, nothing left hanging."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial
from io import BytesIO
from typing import Any

import pytest

from marketplace.bridge import WAITING_PIECES, Bridge, Road, Roads, Threads
from marketplace.front_door import BODY, Message, TooBusy

Sent = list[Message]
who: ContextVar[str] = ContextVar("who", default="nobody")


class Whole(list[bytes]):
    streaming = False

    def __init__(self, *pieces: bytes, closed: Callable[[], None] = lambda: None) -> None:
        super().__init__(pieces)
        self.close = closed


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads(2, first=lambda: None, last=lambda: None)
    yield threads
    threads.stop()


def asked(bridge: Bridge, send: Any = None, **facts: Any) -> Sent:
    sent: Sent = []

    async def note(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/", "query_string": b"", "method": "GET", "http_version": "1.1", "headers": []}
    asyncio.run(asyncio.wait_for(bridge({**scope, **facts}, pytest.fail, send or note), 20))
    return sent


def test_an_ordinary_reply_comes_whole_and_after_its_close(threads: Threads) -> None:
    steps: list[str] = []

    def application(environ: Any, start_response: Any) -> Whole:
        start_response("201 Created", [("X-One", "a"), ("X-Two", " b ")])
        return Whole(b"ab", b"c", closed=lambda: steps.append("closed"))

    start, body = asked(Bridge(application, threads))

    assert (start["status"], start["headers"]) == (201, [(b"x-one", b"a"), (b"x-two", b"b")])
    assert (body["body"], body.get("more_body", False), steps) == (b"abc", False, ["closed"])


def test_the_application_sees_what_was_asked(threads: Threads) -> None:
    seen: dict[str, Any] = {}

    def application(environ: Any, start_response: Any) -> Whole:
        seen.update(environ, read=environ["wsgi.input"].read())
        start_response("200 OK", [])
        return Whole()

    asked(
        Bridge(application, threads),
        method="POST",
        path="/añil",
        query_string=b"q=1",
        headers=[(b"content-length", b"2"), (b"x-forwarded-for", b"1.1.1.1"), (b"x-forwarded-for", b"2.2.2.2")],
        client=("9.9.9.9", 5),
        **{BODY: BytesIO(b"hi")},
    )

    assert (seen["REQUEST_METHOD"], seen["QUERY_STRING"], seen["read"]) == ("POST", "q=1", b"hi")
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/añil"
    assert (seen["CONTENT_LENGTH"], seen["REMOTE_ADDR"]) == ("2", "9.9.9.9")
    assert seen["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,2.2.2.2"


def test_T11_a_name_with_an_underscore_is_not_taken_for_the_one_with_a_hyphen(threads: Threads) -> None:
    seen: dict[str, Any] = {}

    def application(environ: Any, start_response: Any) -> Whole:
        seen.update(environ)
        start_response("200 OK", [])
        return Whole()

    proxied = [(b"x-forwarded-for", b"2.2.2.2"), (b"content-length", b"0")]
    forged = [(b"x_forwarded_for", b"6.6.6.6"), (b"x-forwarded_proto", b"https"), (b"content_length", b"9")]
    asked(Bridge(application, threads), headers=[*proxied, *forged])

    assert (seen["HTTP_X_FORWARDED_FOR"], seen["CONTENT_LENGTH"]) == ("2.2.2.2", "0")
    assert "HTTP_X_FORWARDED_PROTO" not in seen


def test_a_file_goes_in_pieces_and_waits_for_its_reader(threads: Threads) -> None:
    made: list[int] = []
    reading = threading.Event()

    def pieces() -> Iterator[bytes]:
        for number in range(WAITING_PIECES * 3):
            made.append(number)
            yield b"x"

    async def reader(message: Message) -> None:
        if message["type"] == "http.response.start":
            while len(made) < WAITING_PIECES:
                await asyncio.sleep(0)
            assert len(made) <= WAITING_PIECES + 1  # as many as wait, and the one in hand
            reading.set()
        taken.append(message.get("body", b""))

    def application(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        return pieces()

    taken: list[bytes] = []
    asked(Bridge(application, threads), reader)

    assert reading.is_set()
    assert b"".join(taken) == b"x" * (WAITING_PIECES * 3)


def test_a_reader_who_leaves_frees_the_thread(threads: Threads) -> None:
    closed = threading.Event()

    def pieces() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.set()

    async def leaves(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise ConnectionError

    def application(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        return pieces()

    async def go() -> None:
        scope = {"path": "/", "query_string": b"", "method": "GET", "http_version": "1.1", "headers": []}
        with pytest.raises(ConnectionError):
            await Bridge(application, threads)(scope, pytest.fail, leaves)
        await asyncio.to_thread(closed.wait, 20)

    asyncio.run(go())
    assert closed.is_set()


@pytest.mark.parametrize("is_halfway", [False, True])
def test_a_fault_is_raised_and_half_a_file_is_not_ended_as_if_it_were_whole(threads: Threads, is_halfway: bool) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x"
        raise ZeroDivisionError

    def application(environ: Any, start_response: Any) -> Iterator[bytes]:
        if not is_halfway:
            raise ZeroDivisionError
        start_response("200 OK", [])
        return pieces()

    sent: Sent = []

    async def note(message: Message) -> None:
        sent.append(message)

    with pytest.raises(ZeroDivisionError):
        asked(Bridge(application, threads), note)
    assert all(message.get("more_body") for message in sent if message["type"] == "http.response.body")


def test_what_one_request_binds_no_other_sees(threads: Threads) -> None:
    seen: list[str] = []

    def application(environ: Any, start_response: Any) -> Whole:
        seen.append(who.get())
        who.set("somebody")
        start_response("200 OK", [])
        return Whole()

    for _ in range(6):
        asked(Bridge(application, threads))
    assert seen == ["nobody"] * 6


def test_threads_end_in_order_and_start_again(threads: Threads) -> None:
    steps: list[str] = []
    crew = Threads(3, first=lambda: steps.append("first"), last=lambda: steps.append("last"))
    for _ in range(2):
        done = threading.Event()
        crew.do(done.set)
        assert done.wait(20)
        crew.stop()

    assert sorted(steps) == ["first"] * 6 + ["last"] * 6


def test_a_job_is_given_to_whoever_has_become_free_last(threads: Threads) -> None:
    """Also after all have been at work at once."""
    names: list[str] = []

    def at_once(count: int) -> None:
        meeting, done = threading.Barrier(count, timeout=20), threading.Semaphore(0)

        def job() -> None:
            meeting.wait()
            names.append(threading.current_thread().name)
            done.release()

        for _ in range(count):
            threads.do(job)
        for _ in range(count):
            assert done.acquire(timeout=20)
        until_free(threads, 2)

    at_once(2)
    names.clear()
    for _ in range(6):
        at_once(1)

    assert len(set(names)) == 1


def test_what_waits_is_done_before_the_threads_end() -> None:
    crew, done = Threads(1, first=lambda: None, last=lambda: None), list[int]()
    is_at_work, may_end = threading.Event(), threading.Event()

    def first() -> None:
        is_at_work.set()
        may_end.wait(20)

    crew.do(first)
    assert is_at_work.wait(20)
    for number in range(3):
        crew.do(partial(done.append, number))
    may_end.set()
    crew.stop()

    assert done == [0, 1, 2]


def until_free(threads: Threads, count: int) -> None:
    for _ in range(2_000):
        if len(threads._free) == count:
            return
        time.sleep(0.01)
    raise AssertionError


def test_F21_a_flood_waits_in_threads_of_its_own_up_to_a_number_and_others_pass_it(threads: Threads) -> None:
    may_end, is_at_work = threading.Event(), threading.Event()
    few = Threads(1, first=lambda: None, last=lambda: None, most_waiting=2)

    def application(environ: Any, start_response: Any) -> Whole:
        if environ["PATH_INFO"] == "/flood":
            is_at_work.set()
            may_end.wait(20)
        start_response("200 OK", [])
        return Whole()

    async def meet() -> None:
        roads = Roads(Bridge(application, threads), Road(Bridge(application, few), re.compile("^/flood$")))
        flood = [asyncio.create_task(status_of(roads, path="/flood"))]
        await asyncio.to_thread(is_at_work.wait, 20)
        flood += [asyncio.create_task(status_of(roads, path="/flood")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TooBusy):
            await status_of(roads, path="/flood")
        assert await status_of(roads, path="/other") == 200
        assert not any(each.done() for each in flood)
        may_end.set()
        assert await asyncio.gather(*flood) == [200] * 3

    try:
        asyncio.run(asyncio.wait_for(meet(), 20))
    finally:
        may_end.set()
        few.stop()


def test_a_road_may_be_for_large_bodies_alone() -> None:
    async def nowhere(*_: Any) -> None:
        raise AssertionError

    large = Road(nowhere, re.compile("^/events$"), from_bytes=100)
    scopes = [
        {"path": path, "headers": [(b"content-length", size)]}
        for path, size in (("/events", b"100"), ("/events", b"99"), ("/else", b"100"))
    ]

    assert [large.leads(scope) for scope in scopes] == [True, False, False]


async def status_of(roads: Roads, *, path: str) -> int:
    sent: Sent = []

    async def note(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "query_string": b"", "method": "POST", "http_version": "1.1", "headers": []}
    await roads(scope, pytest.fail, note)
    return int(sent[0]["status"])
