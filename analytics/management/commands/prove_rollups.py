"""`manage.py prove_rollups`: do the roll-ups say what the raw rows say? Exit code 1 if they do not."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from analytics.services import proving

SHOWN = 50


class Command(BaseCommand):
    help = "Compare roll-ups with raw rows. Exit code 1 if anything differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, help="first day, YYYY-MM-DD; all without it")
        parser.add_argument("--until", type=date.fromisoformat, help="last day")
        parser.add_argument("--repair", action="store_true", help="rebuild the days that differ")

    def handle(self, *args: Any, since: date | None, until: date | None, repair: bool, **options: Any) -> None:
        proof = proving.prove(since=since, until=until, repair=repair)
        for each in proof.differences[:SHOWN]:
            self.stdout.write(f"  {each.day} {each.kind} {each.key}: {each.rolled} rolled up, {each.true} in truth")
        if len(proof.differences) > SHOWN:
            self.stdout.write(f"  … and {len(proof.differences) - SHOWN} more")
        if not proof.is_ok:
            self.stdout.write(f"{proof.days} days: {len(proof.differences)} differences.")
            sys.exit(1)
        self.stdout.write(f"{proof.days} days: everything agrees.")
