"""`manage.py seed_demo`: a campus to develop against, as large as wanted.

The same `--seed` makes the same people, listings, prices, places, pictures and ids; what differs is the day: times are
counted back from this morning. A second call with the same seed adds nothing, a larger one adds what is missing.

An app above adds to it by giving its `AppConfig` an `add_demo_arguments(parser)` and a
`make_more_demo_data(**options)`, which returns a line to print or nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from listings.demo import campus
from marketplace.management import database


class Command(BaseCommand):
    help = "Fill a local database with a believable campus: people, listings, pictures, prices, favourites."

    def add_arguments(self, parser: CommandParser) -> None:
        usual = campus.Plan()
        parser.add_argument("--seed", type=int, default=usual.seed, help="the same seed makes the same campus")
        parser.add_argument("--users", type=_count, default=usual.users)
        parser.add_argument("--listings", type=_count, default=usual.listings)
        parser.add_argument(
            "--photos", type=_count, default=usual.photos, help="pictures drawn, for the newest listings"
        )
        for app in apps.get_app_configs():
            if hasattr(app, "add_demo_arguments"):
                app.add_demo_arguments(parser)

    def handle(self, *args: Any, seed: int, users: int, listings: int, photos: int, **options: Any) -> None:
        if not settings.IS_LOCAL:
            raise CommandError(f"APP_ENV is {settings.APP_ENV}; demo data belongs on developers' machines only.")
        if listings and not users:
            raise CommandError("Listings need somebody who sells them: --users must be at least 1.")
        plan = campus.Plan(seed=seed, users=users, listings=listings, photos=photos)
        with database.unhurried(), self.bars(plan) as progress:
            added = campus.build(plan, now=timezone.now(), progress=progress)
            lines = list(_of_the_apps_above(seed=seed, users=users, **options))
        if not added.is_nothing:
            lines.insert(0, f"Added {added}.")
        self.stdout.write("\n".join(lines) or "Nothing to add: this campus is here already.")

    @contextmanager
    def bars(self, plan: campus.Plan) -> Iterator[campus.Progress]:
        """On a terminal only; a log has no use for them."""
        console = Console(stderr=True)
        columns = (TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        totals = {"people": plan.users, "listings": plan.listings, "pictures": plan.photos}
        with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
            tasks = {part: shown.add_task(part, total=total) for part, total in totals.items()}
            yield lambda part, done: shown.update(tasks[part], advance=done)


def _of_the_apps_above(**options: Any) -> Iterator[str]:
    for app in apps.get_app_configs():
        line: str | None = app.make_more_demo_data(**options) if hasattr(app, "make_more_demo_data") else None
        if line:
            yield line


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number
