"""Folding killed with -9 in its midst, while others write and some of them end late: every event is counted once."""

from __future__ import annotations

import os
import random
import sys
import threading
import time

import django
import psycopg
from _stack import ENVIRONMENT, Process, Tally, prepare, running, size

os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="marketplace.settings", PROCESS_NAME="drill")

FOLDING = """
import django
django.setup()
from analytics.services import folding
while True:
    folding.fold()
"""
WRITE = """
INSERT INTO analytics_event (event_type, session_id, user_id, properties, occurred_at)
SELECT 'ui.click', 'session-' || floor(random() * 500), gen_random_uuid(), jsonb_build_object('button', mod(n, 7)),
  now() - mod(n, 5) * interval '1 day'
FROM generate_series(1, %s) n
"""
AT_ONCE = 500


class Writer(threading.Thread):
    """Writes in transactions that take their time, so that later ones end sooner."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.written = 0
        self.is_over = threading.Event()

    def run(self) -> None:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            while not self.is_over.is_set():
                connection.execute(WRITE, [AT_ONCE])
                time.sleep(random.uniform(0, 0.2))
                connection.commit()
                self.written += AT_ONCE


def ask(query: str) -> int:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        return int(row[0] or 0) if row else 0


def folded() -> int:
    return ask("SELECT sum(n) FROM analytics_daycount WHERE kind = 'event'")


def kill_while_it_folds(folder: Process) -> bool:
    """Whether one was under way when it was killed."""
    under_way = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'folder' AND state <> 'idle'"
    until = time.monotonic() + 10
    while time.monotonic() < until and not ask(under_way):
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.5))
    was_at_it = bool(ask(under_way))
    folder.kill()
    return was_at_it


def fold_the_rest(until: float) -> None:
    """Somebody who was killed may hold the lock until their statement ends."""
    from analytics.services import folding

    waiting = "SELECT count(*) FROM analytics_event WHERE transaction >= (SELECT below FROM analytics_fold)"
    while ask(waiting) and time.monotonic() < until:
        folding.fold()
        time.sleep(0.1)


def main() -> None:
    from analytics.services import proving

    tally = Tally("Roll-ups: folds killed in their midst, two at a time")
    kills = size(60, 4)
    fold_the_rest(until=time.monotonic() + 60)  # what other drills have left
    before = folded()
    writers = [Writer() for _ in range(2)]
    folders = [
        Process("folder", [sys.executable, "-c", FOLDING], DJANGO_SETTINGS_MODULE="marketplace.settings")
        for _ in range(2)
    ]
    for writer in writers:
        writer.start()
    in_the_midst = 0
    with running(*folders):
        for number in range(kills):
            victim = folders[number % 2]
            in_the_midst += kill_while_it_folds(victim)
            victim.start()
            time.sleep(random.uniform(0.2, 1.0))
    for writer in writers:
        writer.is_over.set()
        writer.join()
    fold_the_rest(until=time.monotonic() + 60)
    written = sum(writer.written for writer in writers)
    tally.note(f"{kills} kills, {in_the_midst} of them with a statement under way; {written} events written")
    tally.expect("events in the roll-ups", folded() - before, written)
    tally.expect("numbers that differ from the raw rows", len(proving.prove().differences), 0)
    tally.finish()


if __name__ == "__main__":
    prepare()
    django.setup()
    main()
