"""`manage.py export_analytics REPORT`: numbers as a file, for who goes on with them elsewhere."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from analytics.querysets.window import Window
from analytics.services.exporting import FORMATS, REPORTS, Report, count, read, whole_or_not_at_all
from marketplace.management import database

STDOUT = "-"
USUAL = timedelta(days=30)
WRONG_CALL = 2  # as for arguments that do not fit


NAMES = ", ".join(name for name, report in REPORTS.items() if report.is_question)


class Command(BaseCommand):
    help = (
        f"Write a report: the answer to a business question ({NAMES}) or rows as they are (events, listings, orders)."
        " Of people it holds ids, and nothing else. An existing file is replaced, and only by a whole one."
    )

    requires_system_checks = []  # they load all that the site needs, and this needs little of it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("report", choices=sorted(REPORTS), metavar="REPORT")
        parser.add_argument(
            "--since", type=_moment, help="ISO 8601, UTC unless it says otherwise (30 days before the end)"
        )
        parser.add_argument("--until", type=_moment, help="the end, itself not in it (now)")
        parser.add_argument("--format", choices=sorted(FORMATS), help="by the file's name, or csv")
        parser.add_argument("--output", required=True, metavar="PATH", help="a file, or - for standard output")

    def handle(
        self,
        *args: Any,
        report: str,
        since: datetime | None,
        until: datetime | None,
        format: str | None,
        output: str,
        **options: Any,
    ) -> None:
        window, wanted = _window(since, until), format or _format_of(output)
        if output == STDOUT and wanted == "parquet":
            raise CommandError("Parquet needs a file: name one with --output.", returncode=WRONG_CALL)
        try:
            with database.unhurried(), _opened(output) as out, _bar(REPORTS[report], window) as advance:
                written = 0
                with read(REPORTS[report], window) as batches:
                    for rows in FORMATS[wanted](REPORTS[report].columns, batches, out):
                        written += rows
                        advance(rows)
        except BrokenPipeError as gone:
            raise CommandError("Whoever was reading has stopped.") from gone
        except OSError as error:
            raise CommandError(f"Cannot write {output}: {error.strerror or error}") from error
        if output != STDOUT:
            self.stdout.write(f"Wrote {written} rows to {output}.")


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"not an ISO date or time: {text}") from error


def _window(since: datetime | None, until: datetime | None) -> Window:
    end = until or timezone.now()
    try:
        window = Window(since or end - USUAL, end)
    except OverflowError as error:
        raise CommandError("--until is too early.", returncode=WRONG_CALL) from error
    if window.is_empty:
        raise CommandError("--since must be before --until.", returncode=WRONG_CALL)
    return window


def _format_of(output: str) -> str:
    return "parquet" if output.endswith(".parquet") else "csv"


@contextmanager
def _opened(output: str) -> Iterator[BinaryIO]:
    if output == STDOUT:
        with open(sys.stdout.fileno(), "wb", closefd=False) as out:
            yield out
        return
    path = Path(output)
    if path.is_dir():
        raise CommandError(f"{output} is a directory.", returncode=WRONG_CALL)
    if not path.parent.is_dir():
        raise CommandError(f"There is no directory {path.parent}.", returncode=WRONG_CALL)
    with whole_or_not_at_all(path) as out:
        yield out


@contextmanager
def _bar(report: Report, window: Window) -> Iterator[Any]:
    """On a terminal only; a log has no use for it."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("rows", total=count(report, window) if console.is_terminal else None)
        yield lambda rows: progress.advance(task, rows)
