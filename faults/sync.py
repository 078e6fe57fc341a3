"""Delta sync: twelve write, phones of all kinds ask, web servers and PostgreSQL fall. Nothing may be missed.

Beside them the same phones ask servers that find changes in the three usual wrong ways. Those have to miss something,
or the drill proves nothing. docs/sync.md says why ours does not. SHORT=1: a few thousand changes.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import django
from _money_cluster import Cluster
from _stack import ENVIRONMENT, LOG, ROOT, Tally, Web, prepare, running, size
from django.db import connection

if TYPE_CHECKING:
    from _sync_readers import Reader
    from _sync_writers import Writers

MUTANTS = ("by_time", "by_number", "watermark_afterwards")
WRITERS = 12
CHANGES = size(100_000, 2_500)
SITE = {
    "DJANGO_SETTINGS_MODULE": "marketplace.settings",
    "PROCESS_NAME": "drill",
    "LOG_LEVEL": "ERROR",
    "RATE_LIMIT": "off",
    "DB_POOL_MAX": "30",
    "JWT_ACCESS_MIN": "600",
}


class Server(Web):
    """One that asks as the product does, or in a way that is known to be wrong."""

    def __init__(self, mutant: str = "") -> None:
        super().__init__(MUTANT=mutant, PYTHONPATH=f"{ROOT}:{ROOT / 'faults'}")
        if mutant:
            self._command = [word.replace("marketplace.asgi", "_sync_mutants") for word in self._command]


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    cluster = Cluster(LOG.parent / "sync")
    try:
        cluster.start()
        ENVIRONMENT.update(SITE, **cluster.environment)
        os.environ.update(ENVIRONMENT)
        prepare()
        django.setup()
        drill(Tally("Delta sync: what the phones hold in the end"), cluster)
    finally:
        cluster.stop()


def drill(tally: Tally, cluster: Cluster) -> None:
    from _sync_scene import Scene

    web, wrong = Server(), {name: Server(name) for name in MUTANTS}
    with running(web, *wrong.values()):
        scene = Scene(web, wrong, writers=WRITERS, changes=CHANGES)
        began = time.monotonic()
        scene.start()
        fallen = disturb(scene.writers, web, cluster)
        scene.stop_writing()
        tally.note(
            f"{scene.writers.changes} changes in {time.monotonic() - began:.0f} s, {scene.writers.undone} times undone,"
        )
        tally.note(f"{scene.writers.broken} times cut off; the web server was killed, PostgreSQL fell {fallen} times")
        scene.stop_reading()
        for reader in scene.readers:
            tell(tally, reader)
        for reader in scene.mutants:
            missed = len(reader.missed())
            tally.expect(f"{reader.name}: caught ({missed} missed in {reader.passes} passes)", missed > 0, True)
    tally.finish()


def disturb(writers: Writers, web: Web, cluster: Cluster) -> int:
    """Until enough is written: a server is killed every now and then, and more rarely PostgreSQL falls."""
    every, fallen = size(20, 3), 0
    while not writers.are_done:
        time.sleep(random.uniform(0.5, 1.0) * every)
        if fallen == 0 or random.random() < 0.5:
            cluster.fall()
            cluster.start()
            connection.close()
            fallen += 1
        web.kill()
        web.start()
    return fallen


def tell(tally: Tally, reader: Reader) -> None:
    asked = f"{reader.passes} passes, {reader.pages} pages, {reader.unanswered} without an answer"
    tally.expect(f"{reader.name} missed ({asked})", reader.missed(), [])
    tally.expect(f"{reader.name} broke off", reader.failure, "")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
