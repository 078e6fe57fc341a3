"""Worker doors of `chat`."""

from __future__ import annotations

import threading

from celery import shared_task
from django.db import connection
from django.utils import timezone

from chat.services import last_seen, nudging
from chat.services.files import upkeep, work
from chat.services.watching import watching


def tell_what_waits() -> int:
    """For the sweep: it writes rows only, and somebody else does the talking."""
    return nudging.nudge_due(watching=watching)


@shared_task
def work_off_files() -> int:
    return work.work_off_due()


@shared_task
def tidy_files() -> dict[str, int]:
    return upkeep.collect(now=timezone.now())


@shared_task
def write_last_seen() -> int:
    return last_seen.write_down()


_at_work = threading.Lock()


def files_in_a_thread() -> None:
    """For the sweep: a large file, or a slow scanner, must not hold up everything else that is swept."""
    if work.is_anything_due() and _at_work.acquire(blocking=False):
        threading.Thread(target=_work_off_in_here, name="files", daemon=True).start()


def _work_off_in_here() -> None:
    try:
        work.work_off_due()
    finally:
        connection.close()
        _at_work.release()
