"""The long forms of tests of money: 5,000 random histories of up to 30 steps; 200 rounds of each race, 100 of each pair
of deeds, and 10,000 deadlines at once.

Of the histories each step of the table must be made at least 50 times, and the books are checked in SQL after every
step; what breaks them is shrunk to the shortest history that does. It takes hours. SHORT=1: 8 histories with each step
at least once and nothing else, half a minute. HISTORIES=… and ROUNDS=… play other numbers.
"""

from __future__ import annotations

import os
import subprocess
import sys

from _stack import ENVIRONMENT, ROOT, SHORT, size

HISTORIES = int(os.environ.get("HISTORIES", size(5_000, 8)))
ROUNDS = int(os.environ.get("ROUNDS", "200"))
WAYS, DEADLINES, PAIRS = 120, 10_000, 100
PYTEST = (sys.executable, "-m", "pytest", "-n", "0", "-s", "-q", "--no-header", "--timeout", "0")


def play(test: str, **how_often: int) -> bool:
    told = {name: str(number) for name, number in how_often.items()}
    environment = {**ENVIRONMENT, **told, "LOG_LEVEL": "ERROR"}
    return subprocess.run([*PYTEST, test], cwd=ROOT, env=environment, check=False).returncode == 0


def main() -> int:
    """In short only the histories: what the everyday tests have just played need not be played again."""
    held = True if SHORT else _long_forms_of_everyday_tests()
    print(f"\n{HISTORIES:,} histories; how often each step was made:", flush=True)
    return 0 if play("orders/tests/test_money_model.py", MONEY_HISTORIES=HISTORIES) and held else 1


def _long_forms_of_everyday_tests() -> bool:
    print(f"{ROUNDS} rounds of each race, {DEADLINES:,} deadlines at once", flush=True)
    races = play("orders/tests/test_races.py", MONEY_ROUNDS=ROUNDS, MONEY_DEADLINES=DEADLINES)
    print(f"{PAIRS} rounds of each pair of deeds", flush=True)
    pairs = play("orders/tests/test_pairs.py", MONEY_PAIRS=PAIRS)
    print(f"Five notifications in {WAYS} orders", flush=True)
    return play("orders/tests/test_event_order.py", MONEY_WAYS=WAYS) and races and pairs


if __name__ == "__main__":
    sys.exit(main())
