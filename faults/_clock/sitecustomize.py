"""A process whose clock is wrong by CLOCK_AHEAD seconds, and which goes a day and an hour on when it gets SIGUSR1.

Python imports this by its name, for whoever has this folder in PYTHONPATH.
"""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta

import time_machine


def _travel(seconds: float) -> time_machine.travel:
    travel = time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True)
    travel.start()
    return travel


_journeys = [_travel(float(os.environ.get("CLOCK_AHEAD", "0")))]
signal.signal(signal.SIGUSR1, lambda *_: _journeys.append(_travel(25 * 3_600)))
