"""`manage.py rebuild_rollups`: the day tables anew, from the raw events."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from analytics.services import rebuilding


class Command(BaseCommand):
    help = "Make the roll-ups anew from the raw events. Days whose raw events were dropped stay as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, help="first day, YYYY-MM-DD; all without it")
        parser.add_argument("--until", type=date.fromisoformat, help="last day")

    def handle(self, *args: Any, since: date | None, until: date | None, **options: Any) -> None:
        self.stdout.write(f"{rebuilding.rebuild(since=since, until=until)} days rebuilt.")
