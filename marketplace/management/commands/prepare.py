"""What has to be true before the first process starts. Run it at every start: it is idempotent, and quick the
second time; two at once take turns.

An app adds its own rows by giving its `AppConfig` a `seed()`: idempotent, called after the migrations in every
environment, inside a transaction; the line it returns, if any, is printed. A `make_demo_data()` is called after that
where `DEMO_DATA` is on, without a transaction around it.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from redis.exceptions import RedisError

from accounts.services import demo
from marketplace.common.redisdb import connection as redis_connection
from marketplace.management import database


class Command(BaseCommand):
    help = "Bring database, cache, files and seed rows to where this version of the product needs them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--wait", type=float, default=60.0, metavar="SECONDS", help="how long the database may take to answer"
        )
        parser.add_argument(
            "--no-static", action="store_true", help="do not collect static files: they came with the image"
        )

    def handle(self, *args: Any, wait: float, no_static: bool, **options: Any) -> None:
        with database.alone(wait=wait, say=self.say), database.unhurried():
            database.migrate(say=self.say)
            self.say(f"DB extensions ensured ({', '.join(database.ensured_extensions())}).")
            self.seed()
            self.look_after_demo_people()
            if settings.DEMO_DATA:
                self.make_demo_data()
        self.ping_redis()
        self.ensure_bucket()
        if not settings.IS_LOCAL and not no_static:
            call_command("collectstatic", interactive=False, verbosity=0)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()  # a container's output is a pipe, and somebody may be watching it

    def seed(self) -> None:
        for app in apps.get_app_configs():
            seed = getattr(app, "seed", None)
            if seed is not None:
                with transaction.atomic():
                    line: str | None = seed()
                if line:
                    self.say(line)

    def look_after_demo_people(self) -> None:
        """Made where everybody may know their passwords; elsewhere a reason not to start."""
        if settings.IS_LOCAL:
            made = demo.ensure_people(is_local=True)
            if made:
                self.say(f"Demo people made: {', '.join(made)}.")
        elif known := demo.with_known_passwords():
            raise CommandError(
                f"APP_ENV is {settings.APP_ENV}, but these accounts still have the demo's public passwords:"
                f" {', '.join(known)}. Change them first: manage.py changepassword NAME"
            )

    def make_demo_data(self) -> None:
        """Each app knows whether its part of the campus is still to be made."""
        for app in apps.get_app_configs():
            make = getattr(app, "make_demo_data", None)
            line: str | None = make() if make is not None else None
            if line:
                self.say(line)

    def ping_redis(self) -> None:
        try:
            answers = bool(redis_connection().ping())
        except RedisError:
            answers = False
        self.say(f"Redis ping: {answers}")
        if not answers:
            self.warn("Redis does not answer. Requests are served; what needs waking up waits for the next sweep.")

    def ensure_bucket(self) -> None:
        if settings.S3_ENDPOINT:
            from marketplace.management import bucket  # boto3 is half a second that only S3 users should pay

            try:
                self.say(bucket.ensure())
            except bucket.BucketTrouble as trouble:
                self.warn(f"{trouble} Uploads fail until this is put right.")

    def warn(self, line: str) -> None:
        self.stderr.write(self.style.WARNING(f"Warning: {line}"))
