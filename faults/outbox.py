"""The row is the queue: workers killed with -9 and Redis emptied while events are delivered. None lost, none twice."""

from __future__ import annotations

import os
import random
import time

import django
import psycopg
import redis
from _stack import ENVIRONMENT, Tally, Worker, prepare, running, size

os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="marketplace.settings", PROCESS_NAME="drill")


def publish(count: int) -> list[str]:
    """Password changes of as many people: each must become one notification."""
    from django.db import transaction

    from accounts.models import User
    from marketplace.common import outbox

    people = User.objects.bulk_create(User(username=f"drill-{time.time_ns()}-{n}") for n in range(count))
    for person in people:
        with transaction.atomic():
            outbox.publish("password.changed", user_id=str(person.pk))
    return [str(person.pk) for person in people]


def ask(query: str, *values: object) -> int:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute(query, values).fetchone()
        return int(row[0]) if row else 0


def waiting() -> int:
    """Of ours; what their listeners make known in turn comes and goes."""
    return ask(
        "SELECT count(*) FROM common_outboxevent e LEFT JOIN common_outboxdelivery d ON d.event_id = e.id"
        " WHERE e.kind = 'password.changed' AND (NOT e.is_handed_out OR d.state = 'waiting')"
    )


def main() -> None:
    tally = Tally("Outbox: workers killed, Redis emptied")
    kills, each = size(40, 4), 25
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    people: list[str] = []
    worker = Worker()
    with running(worker):
        for round_number in range(kills):
            people += publish(each)
            time.sleep(random.uniform(0.5, 3))
            worker.kill()
            if round_number % 4 == 3:
                broker.flushdb()
            worker.start()
        deadline = time.monotonic() + 120
        while waiting() and time.monotonic() < deadline:
            time.sleep(0.5)
    tally.expect(f"after {kills} worker kills, events still waiting", waiting(), 0)
    tally.expect("dead letters", ask("SELECT count(*) FROM common_outboxdelivery WHERE state = 'dead'"), 0)
    told = "FROM accounts_notification WHERE user_id = ANY(%s::uuid[]) AND kind = 'account.password_changed'"
    tally.expect("people told", ask(f"SELECT count(DISTINCT user_id) {told}", people), len(people))
    tally.expect("people told twice", ask(f"SELECT count(*) - count(DISTINCT user_id) {told}", people), 0)
    tally.finish()


if __name__ == "__main__":
    prepare()
    django.setup()
    main()
