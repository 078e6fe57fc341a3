"""`manage.py export_analytics` of 1,000,000 events, as a real process: all rows, little memory, whole files only.

The memory that a large export needs above a small one is what is measured; and exports that are killed in the middle
leave nothing, or what was there before. SHORT=1: 30,000 events.
"""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from _stack import ENVIRONMENT, ROOT, SHORT, Tally, prepare, size

EVENTS = size(1_000_000, 30_000)
MOST_MB = 300
MOST_MORE_MB = 48  # buffers of a batch and of a Parquet page
FEW = ("2020-01-01T00:00:00", "2020-01-01T00:00:05")
ALL = ("2020-01-01", "2020-02-01")
FILL = """
INSERT INTO analytics_event (event_type, session_id, user_id, step, properties, occurred_at, received_at)
SELECT 'screen.view', 'session ' || n %% 977, gen_random_uuid(), NULL,
  jsonb_build_object('screen', 'screen ' || n %% 31, 'note', 'written by ana@uni.edu'),
  timestamptz '2020-01-01 00:00Z' + n * interval '1 second', now()
FROM generate_series(0, %s - 1) AS n
"""
EMPTY = "DELETE FROM analytics_event WHERE occurred_at < '2021-01-01'"


def command(output: Path | str, since: str, until: str, *more: str) -> list[str]:
    window = ["--since", since, "--until", until]
    return [sys.executable, "manage.py", "export_analytics", "events", *window, "--output", str(output), *more]


def start(*arguments: str | Path, stdout: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    line = command(*arguments)  # type: ignore[arg-type]
    return subprocess.Popen(line, cwd=ROOT, env=ENVIRONMENT, stdout=stdout, stderr=subprocess.PIPE)


def run(output: Path, window: tuple[str, str]) -> tuple[int, float]:
    """How it ended, and the most memory it had, in MB."""
    process = start(output, *window)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        assert process.stderr is not None
        print(process.stderr.read().decode())
    return process.returncode, usage.ru_maxrss / 1024


def in_little_memory(tally: Tally, place: Path) -> None:
    for name in ("events.csv", "events.parquet"):
        began = time.monotonic()
        code, peak = run(place / name, ALL)
        seconds = time.monotonic() - began
        tally.note(f"{name}: {EVENTS} rows in {seconds:.1f} s, at most {peak:.0f} MB")
        tally.expect(f"{name}: ended well", code, 0)
        tally.expect(f"{name}: more than {MOST_MB} MB", peak > MOST_MB, False)
        if not SHORT:  # of few rows the difference says nothing
            _, least = run(place / f"few-{name}", FEW)
            tally.note(f"five rows: {least:.0f} MB")
            tally.expect(f"{name}: more than {MOST_MORE_MB} MB above that", peak - least > MOST_MORE_MB, False)
    tally.expect("rows in CSV", sum(1 for _ in rows_of(place / "events.csv")), EVENTS)
    first = next(iter(rows_of(place / "events.csv")))
    tally.expect("the first row", (first["occurred_at"], first["screen"]), ("2020-01-01T00:00:00.000000Z", "screen 0"))
    tally.expect("an e-mail address in CSV", b"ana@uni.edu" in (place / "events.csv").read_bytes(), False)

    from pyarrow import parquet

    tally.expect("rows in Parquet", parquet.read_metadata(place / "events.parquet").num_rows, EVENTS)


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="") as file:
        yield from csv.DictReader(file)


def written_so_far(process: subprocess.Popen[bytes]) -> int:
    """Of the largest file that it has open for writing, also of one without a name."""
    sizes = [0]
    for number in Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            if "exports" in os.readlink(number):
                sizes.append(os.stat(number).st_size)
        except OSError:
            continue
    return max(sizes)


def killed(output: Path) -> int:
    """kill -9 once some of it is on the disk; how much that was."""
    process = start(output, *ALL)
    while process.poll() is None:
        if (written := written_so_far(process)) > 200_000:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return written
        time.sleep(0.002)
    raise SystemExit("the export was over before it could be killed")


def whole_files_only(tally: Tally, place: Path) -> None:
    kept = place / "kept.csv"
    kept.write_text("as it was")
    tally.note(f"killed with {killed(kept)} bytes written")
    tally.expect("files after kill -9", [path.name for path in place.iterdir()], ["kept.csv"])
    tally.expect("what the file says", kept.read_text(), "as it was")
    kept.unlink()


def a_reader_that_leaves(tally: Tally) -> None:
    """As `… --output - | head` does."""
    process = start("-", *ALL, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    head = process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read().decode()
    tally.expect("the first line", head.decode().split(",")[:2], ["id", "occurred_at"])
    tally.expect("how it ended", (process.wait(), "Traceback" in said), (1, False))


@contextmanager
def filled() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="exports-", dir=ROOT / "var" / "faults"))
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(EMPTY)
        connection.execute(FILL, [EVENTS])
        try:
            yield place
        finally:
            connection.execute(EMPTY)
            shutil.rmtree(place)


def main() -> None:
    tally = Tally("Exports: all rows, little memory, whole files only")
    with filled() as place:
        whole_files_only(tally, place)
        in_little_memory(tally, place)
        a_reader_that_leaves(tally)
    tally.finish()


if __name__ == "__main__":
    prepare()
    main()
