"""Is the process in this container well? `healthcheck.py http|worker|timer`: exit code 0 or 1, the reason printed.

Plain Python, because the image has no curl, and without Django, because it runs every few seconds.
"""

from __future__ import annotations

import http.client
import os
import sys
from urllib.parse import urlsplit


def check_http() -> None:
    """Asks under the name the site is known by: to any other name it answers 400."""
    site = urlsplit(os.environ.get("BASE_URL", "http://localhost")).hostname or "localhost"
    asked = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("API_PORT", "8000")), timeout=4)
    asked.request("GET", "/readyz", headers={"Host": site})
    answer = asked.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"/readyz answered {answer.status}: {answer.read(300)!r}")


def check_worker() -> None:
    """Asks this container's worker alone, through Redis, as everybody else reaches it."""
    from celery import Celery

    asked = Celery(broker=os.environ["REDIS_URL"])
    asked.conf.broker_transport_options = {"global_keyprefix": "celery:", "socket_connect_timeout": 2}
    name = f"celery@{os.uname().nodename}"
    if not asked.control.ping(destination=[name], timeout=3):
        raise RuntimeError(f"{name} does not answer")


def check_timer() -> None:
    """A timer that ticks keeps its lock alive; one that hangs loses it within a minute."""
    import redis

    if not redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=3).exists("redbeat::lock"):
        raise RuntimeError("the timer's lock is not held")


CHECKS = {"http": check_http, "worker": check_worker, "timer": check_timer}

if __name__ == "__main__":
    try:
        CHECKS[sys.argv[1]]()
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
