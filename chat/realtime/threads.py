"""Where sockets ask the database: a few threads with connections of their own. A socket that is silent has none."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, connections

from marketplace.bridge import Threads
from marketplace.common.postgis.base import hold_connections

Answer = TypeVar("Answer")

threads = Threads(settings.SOCKET_THREADS, first=hold_connections, last=connections.close_all)


async def in_thread(work: Callable[..., Answer], *args: Any) -> Answer:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Answer] = loop.create_future()
    context = contextvars.copy_context()
    threads.do(lambda: context.run(_work, loop, answer, partial(work, *args)))
    return await answer


def _work(loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any], work: Callable[[], Any]) -> None:
    try:
        connection.close_if_unusable_or_obsolete()
        value = work()
    except BaseException as error:
        settle: Callable[[], None] = partial(_fail, answer, error)
    else:
        settle = partial(_succeed, answer, value)
    with suppress(RuntimeError):  # the loop has been closed: nobody waits any more
        loop.call_soon_threadsafe(settle)


def _succeed(answer: asyncio.Future[Any], value: Any) -> None:
    if not answer.done():
        answer.set_result(value)


def _fail(answer: asyncio.Future[Any], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)
