"""Worker doors. Where none of them runs, whoever asks for a delta notes the epochs."""

from __future__ import annotations

from celery import shared_task

from marketplace.sync import clock, housekeeping


@shared_task
def note_epoch() -> None:
    clock.note()


@shared_task
def tidy() -> int:
    return housekeeping.tidy()
