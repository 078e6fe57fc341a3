"""Worker doors of `listings`."""

from __future__ import annotations

import threading

from celery import shared_task
from django.db import connection
from django.utils import timezone

from listings.models import MaintenanceRun
from listings.search import fresh, totals
from listings.services import maintenance
from listings.services.pictures import removal, upkeep, work

Chore = MaintenanceRun.Chore


@shared_task
def work_off_chores() -> int:
    return maintenance.work_due()


@shared_task
def ask_for_prices() -> bool:
    now = timezone.now()
    return maintenance.ask_once(Chore.SUGGESTIONS, wanted={}, slot=f"{now:%Y-%m-%dT%H}", now=now)


@shared_task
def ask_for_orphans() -> bool:
    now = timezone.now()
    return maintenance.ask_once(Chore.ORPHANS, wanted={"prefix": None}, slot=f"{now:%G-W%V}", now=now)


@shared_task
def count_places() -> int:
    return totals.count_cells()


@shared_task
def tidy_fresh() -> int:
    return fresh.tidy()


_at_work = threading.Lock()


def chores_in_a_thread() -> None:
    """For the sweep: a chore may take minutes, and whatever else is swept must not wait for it."""
    if maintenance.is_anything_due() and _at_work.acquire(blocking=False):
        threading.Thread(target=_work_off_in_here, name="chores", daemon=True).start()


def _work_off_in_here() -> None:
    try:
        maintenance.work_due()
    finally:
        connection.close()
        _at_work.release()


@shared_task
def work_off_pictures() -> int:
    return work.work_off_due() + removal.delete_due()


@shared_task
def tidy_pictures() -> None:
    """What nobody confirmed goes after a day; the rest of the store is looked through once a week."""
    now = timezone.now()
    removal.forget_done(now=now)
    upkeep.collect_orphans(prefix=upkeep.WAITING_ROOM, now=now)


_at_the_easel = threading.Lock()


def pictures_in_a_thread() -> None:
    """For the sweep, as with chores: a batch of pictures takes longer than a sweep should."""
    if (work.is_anything_due() or removal.is_anything_due()) and _at_the_easel.acquire(blocking=False):
        threading.Thread(target=_paint_in_here, name="pictures", daemon=True).start()


def _paint_in_here() -> None:
    try:
        work_off_pictures()
    finally:
        connection.close()
        _at_the_easel.release()
