"""`manage.py sync_new_generation`: after a database was restored, and before anybody is let in. docs/operations.md"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from marketplace.sync import housekeeping


class Command(BaseCommand):
    help = "Make every phone drop its copy and begin anew: after a restore, no copy can be brought up to date."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Copies begin anew: generation {housekeeping.begin_a_new_generation()}.")
