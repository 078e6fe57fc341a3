"""The post between broker, provider and us, as it may be at its worst: everything three times, late and shuffled.

Workers read from a queue of their own, `THRICE`, and the provider tells this office what it has to tell.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import redis
from _stack import size

COPIES = 3
LATEST_SECONDS = size(8, 2)
QUEUE = "celery:market"
THRICE = "thrice"
PATH = "/v1/webhooks/simulator"
SIGNATURE = "Simulator-Signature"

Deliver = Callable[[], None]


class Post:
    def __init__(self, broker: redis.Redis[bytes], web_port: int) -> None:
        self.letters = self.messages = 0
        self.delivered = Counter[str]()
        self._broker, self._web_port = broker, web_port
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._bag: list[tuple[float, Deliver]] = []
        self._office = ThreadingHTTPServer(("127.0.0.1", 0), _desk_of(self))
        self._threads = [threading.Thread(target=work) for work in (self._office.serve_forever, self._rounds)]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._office.server_address[1]}{PATH}"

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """What is in the bag is delivered before."""
        self._stopped.set()
        self._office.shutdown()
        for thread in self._threads:
            thread.join()
        self._office.server_close()

    @property
    def is_empty(self) -> bool:
        return not self._bag and not self._broker.llen(QUEUE) and not self._broker.llen(f"celery:{THRICE}")

    def take_letter(self, raw: bytes, signature: str) -> None:
        self.letters += 1
        self._put_in_bag(lambda: self._hand_over(raw, signature))

    def _put_in_bag(self, deliver: Deliver, *, copies: int = COPIES) -> None:
        now = time.monotonic()
        with self._lock:
            self._bag += [(now + random.uniform(0, LATEST_SECONDS), deliver) for _ in range(copies)]

    def _rounds(self) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", self._web_port, timeout=30)
        while not self._stopped.wait(0.05) or self._bag:
            self._collect_messages()
            for deliver in self._due():
                deliver()

    def _collect_messages(self) -> None:
        for raw in self._broker.lpop(QUEUE, 1_000) or ():
            self.messages += 1
            self._put_in_bag(lambda raw=raw: self._push(raw))  # type: ignore[misc]

    def _due(self) -> list[Deliver]:
        now = time.monotonic()
        with self._lock:
            due = [deliver for at, deliver in self._bag if at <= now]
            self._bag = [each for each in self._bag if each[0] > now]
        random.shuffle(due)
        return due

    def _push(self, raw: bytes) -> None:
        """A tag of its own for each, as a broker gives one; whatever else is in it stays."""
        message: dict[str, Any] = json.loads(raw)
        message["properties"]["delivery_tag"] = str(uuid4())
        self._broker.lpush(f"celery:{THRICE}", json.dumps(message))
        self.delivered["messages"] += 1

    def _hand_over(self, raw: bytes, signature: str) -> None:
        """One that nobody has answered to is delivered once more, as providers do."""
        try:
            self._line.request("POST", PATH, raw, {"Content-Type": "application/json", SIGNATURE: signature})
            reply = self._line.getresponse()
            reply.read()
        except (OSError, http.client.HTTPException):  # the server has hung up, for nothing was said for a while
            self._line.close()
            if not self._stopped.is_set():
                self._put_in_bag(lambda: self._hand_over(raw, signature), copies=1)
        else:
            self.delivered[f"letters: {reply.status}"] += 1


def _desk_of(post: Post) -> type[BaseHTTPRequestHandler]:
    """Where letters are handed in: taken at once, delivered later."""

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            post.take_letter(self.rfile.read(int(self.headers["Content-Length"])), self.headers[SIGNATURE])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Desk
