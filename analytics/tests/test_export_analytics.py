"""`manage.py export_analytics`: every report, in both formats, and what it refuses."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pyarrow import parquet

from accounts.models import User
from analytics.management.commands.export_analytics import Command
from analytics.services.exporting import REPORTS, destination
from analytics.tests.doings import viewed
from analytics.tests.writing import Said, write
from listings.models import Listing
from orders.services import placing

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MARCH = ("--since", "2026-03-01", "--until", "2026-04-01")
CENTURY = ("--since", "2000-01-01", "--until", "2100-01-01")
QUESTIONS = ["1_1", "1_2", "2_1", "2_2", "2_4", "3_1", "3_2", "4_1", "4_2", "5_1"]


def exported(report: str, place: Path, *more: str) -> list[dict[str, str]]:
    path = place / f"{report}.csv"
    call_command("export_analytics", report, "--output", str(path), *(more or MARCH), stdout=io.StringIO())
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_there_is_a_report_for_every_question_and_for_the_rows() -> None:
    assert list(REPORTS) == [*QUESTIONS, "events", "listings", "orders"]


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_every_report_is_written_in_every_format(
    report: str, format: str, tmp_path: Path, buyer: User, make_listing: Callable[..., Listing]
) -> None:
    """With something in it."""
    listing = make_listing()
    placing.place(buyer, placing.Wish(listing.pk, 1))
    now = datetime.now(UTC) - timedelta(minutes=5)
    properties = {"button": "buy", "feature_key": "quick_view", "result": "cancelled", "screen": "home"}
    for kind in ("ui.click", "feature.used", "escrow.step", "screen.view", "screen.view"):
        write(Said(kind, now, user=buyer.pk, listing=listing.pk, step="payment_made", properties=properties))
    path = tmp_path / "report"
    call_command("export_analytics", report, "--format", format, "--output", str(path), stdout=io.StringIO())
    names = [column.name for column in REPORTS[report].columns]
    if format == "csv":
        with path.open(newline="") as file:
            header, *rows = csv.reader(file)
    else:
        table = parquet.read_table(path)
        header, rows = table.column_names, table.to_pylist()
    assert header == names
    assert rows or report == "4_2", "nothing is paid yet, and everything else has a row"


def test_csv_is_plain_enough_for_every_reader(tmp_path: Path, buyer: User, listing: Listing) -> None:
    viewed(buyer, listing, at=NOON, is_clamped=True, properties={"screen": "Búsqueda, «rápida»\n"})
    row = exported("events", tmp_path)[0]
    assert row.pop("id")
    assert row == {
        "occurred_at": "2026-03-10T12:00:00.000000Z",
        "received_at": "2026-03-10T12:00:00.000000Z",
        "is_clamped": "true",
        "event_type": "listing.viewed",
        "session_id": "a session",
        "user_id": str(buyer.pk),
        "listing_id": str(listing.pk),
        "screen": "Búsqueda, «rápida»\n",
        **dict.fromkeys(("order_id", "chat_id", "step", "button", "feature_key", "result"), ""),
    }


@pytest.mark.parametrize("title", ["=1+1", "+57 300", "-1", "@SUM(A1)", "\tx", "\rx", "\N{FULLWIDTH EQUALS SIGN}1"])
def test_no_text_is_a_formula(title: str, tmp_path: Path, listing: Listing) -> None:
    Listing.objects.filter(pk=listing.pk).update(title=title)
    row = exported("listings", tmp_path, *CENTURY)[0]
    assert row["title"] == f"'{title}"
    assert (row["price_cents"], row["is_active"]) == ("15000000", "true")


def test_parquet_holds_numbers_times_and_texts_as_they_are(tmp_path: Path, listing: Listing) -> None:
    Listing.objects.filter(pk=listing.pk).update(title="=1+1")
    path = tmp_path / "listings.parquet"
    call_command("export_analytics", "listings", *CENTURY, "--output", str(path), stdout=io.StringIO())
    row: Any = parquet.read_table(path).to_pylist()[0]
    listing.refresh_from_db()
    assert (row["id"], row["title"], row["price_cents"]) == (str(listing.pk), "=1+1", 150_000_00)
    assert row["created_at"] == listing.created_at
    assert row["brand_id"] is None


def test_T38_of_people_there_are_ids_and_nothing_else(
    tmp_path: Path, buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(title="Escríbeme a seller@uni.edu", at=(4.6014, -74.0661))
    placing.place(buyer, placing.Wish(listing.pk, 1))
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLW5vYm9keQ"
    properties = {"email": "buyer@uni.edu", "q": "calle 19", "screen": "reset?token=abcdefghijk", "button": token}
    viewed(buyer, listing, at=NOON, properties=properties, step="buyer@uni.edu", session_id=f"of {buyer.email}")
    for report in ("events", "listings", "orders"):
        exported(report, tmp_path, *CENTURY)
        text = (tmp_path / f"{report}.csv").read_text()
        assert text.count("\n") == 2
        for private in ("@uni.edu", "calle 19", "abcdefghijk", token, "4.60", "Seller", "Buyer"):
            assert private not in text, report


def test_the_window_is_from_since_to_before_until(tmp_path: Path, buyer: User, listing: Listing) -> None:
    for at in (NOON, NOON + timedelta(hours=1)):
        viewed(buyer, listing, at=at)
    window = ("--since", "2026-03-10T12:00:00Z", "--until", "2026-03-10T13:00:00")
    assert len(exported("events", tmp_path, *window)) == 1
    assert exported("events", tmp_path, "--since", "2026-03-11", "--until", "2026-03-12") == []


def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.csv"
    path.write_text("as it was")
    monkeypatch.setattr("os.fsync", lambda number: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(CommandError, match="No space left"):
        call_command("export_analytics", "events", "--output", str(path))
    assert [each.name for each in tmp_path.iterdir()] == ["events.csv"]
    assert path.read_text() == "as it was"


def test_where_files_always_have_a_name_half_a_one_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.O_TMPFILE", -1)
    path = tmp_path / "a.csv"
    writing = destination.whole_or_not_at_all(path)
    writing.__enter__().write(b"half")
    assert len(list(tmp_path.iterdir())) == 1
    assert not writing.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert list(tmp_path.iterdir()) == []
    with destination.whole_or_not_at_all(path) as out:
        out.write(b"whole")
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing", "--output", "-"], "invalid choice"),
        (["events"], "--output"),
        (["events", "--output", "-", "--format", "xlsx"], "invalid choice"),
        (["events", "--output", "-", "--since", "yesterday"], "not an ISO date or time: yesterday"),
        (["events", "--output", "-", "--since", "2026-02-01", "--until", "2026-02-01"], "must be before"),
        (["events", "--output", "-", "--until", "0001-01-02"], "too early"),
        (["events", "--output", "-", "--format", "parquet"], "Parquet needs a file"),
        (["events", "--output", "/nowhere/at/all.csv"], "There is no directory /nowhere/at."),
        (["events", "--output", "/"], "is a directory"),
    ],
)
def test_what_it_cannot_do_it_says(arguments: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told) as refusal:
        call_command("export_analytics", *arguments)
    assert refusal.value.returncode in (1, 2)  # argparse's own end with 2 where a shell is told


def test_standard_output_has_rows_and_nothing_else(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    call_command("export_analytics", "2_1", "--output", "-", *MARCH)
    shown = capfdbinary.readouterr()
    assert (shown.out, shown.err) == (b"day,event_type,count\r\n", b"")


def test_a_shell_is_told_that_the_call_was_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        Command().run_from_argv(["manage.py", "export_analytics", "9_9", "--output", "-"])
    assert end.value.code == 2
    assert "invalid choice: '9_9'" in capsys.readouterr().err
