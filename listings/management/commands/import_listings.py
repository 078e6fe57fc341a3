"""`manage.py import_listings FILE --seller NAME`: offer what a spreadsheet says."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from accounts.models import User
from listings.serializers.listings import ListingBody
from listings.services.importing import Report, UnreadableTable, import_rows, read_table
from listings.services.importing.tables import MOST_BYTES, MOST_ROWS

MOST_PROBLEMS_SHOWN = 50


class Command(BaseCommand):
    help = (
        "Offer the listings of a .csv or .xlsx file in the name of a seller. Columns, in English or Spanish: title,"
        " description, category (slug or name), brand (slug or name), price (in whole units) or price_cents, currency,"
        " condition (also 'estado'), quantity, latitude, longitude, state (also 'publicación'). Needed are title,"
        " category and a price; columns with other names are ignored, and formulas are taken as text."
        f" At most {MOST_ROWS} rows and {MOST_BYTES // 1024 // 1024} MB. All rows are offered, or none if one of them"
        " is wrong. Nothing is recognised again: the same file imported twice is offered twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--seller", required=True, metavar="USERNAME")
        parser.add_argument("--currency", default="COP", help="of rows that name none (default: COP)")
        parser.add_argument("--dry-run", action="store_true", help="only check the file; nothing is written")
        parser.add_argument("--skip-bad-rows", action="store_true", help="offer the good rows, tell the others")

    def handle(
        self, *args: Any, file: Path, seller: str, currency: str, dry_run: bool, skip_bad_rows: bool, **options: Any
    ) -> None:
        try:
            table = read_table(_content(file))
        except UnreadableTable as refusal:
            raise CommandError(f"{file.name}: {refusal.text}") from refusal
        with _bar() as progress:
            task = progress.add_task("listings", total=len(table.rows))
            report = import_rows(
                table,
                seller=_person(seller),
                check=ListingBody.read,
                currency=currency.upper(),
                skip_bad_rows=skip_bad_rows,
                is_trial=dry_run,
                on_row=lambda: progress.advance(task),
            )
        self._tell(report, is_trial=dry_run)
        if report.problems and not skip_bad_rows:
            raise CommandError("Nothing was imported. Mend these rows, or leave them out with --skip-bad-rows.")

    def _tell(self, report: Report, *, is_trial: bool) -> None:
        for problem in report.problems[:MOST_PROBLEMS_SHOWN]:
            self.stderr.write(f"row {problem.row}, {problem.column}: {problem.reason}")
        if len(report.problems) > MOST_PROBLEMS_SHOWN:
            self.stderr.write(f"… and {len(report.problems) - MOST_PROBLEMS_SHOWN} more")
        if report.ignored_columns:
            self.stdout.write(f"Ignored columns: {', '.join(report.ignored_columns)}.")
        if is_trial:
            self.stdout.write(f"{report.good} of {report.total} rows could be imported. Nothing was written.")
        else:
            self.stdout.write(f"Imported {len(report.offers)} of {report.total} rows.")


def _content(file: Path) -> bytes:
    """One byte more than is allowed is enough to refuse it."""
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"Cannot read {file}: {error.strerror}") from error


def _person(username: str) -> User:
    person: User | None = User.objects.active().with_username(username).first()
    if person is None:
        raise CommandError(f"There is no active person called {username}.")
    return person


def _bar() -> AbstractContextManager[Progress]:
    """On a terminal only; a log has no use for it."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)
