"""F1-F3, F7, F12-F17, F26: what moves money is killed, frozen, cut off, emptied, restarted or told again.

After each phase the books are checked in SQL: nothing lost, nothing doubled, every payment at its end within a minute.
`faults/money.py [phase …]` chooses; without a name all of them run.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from typing import TYPE_CHECKING

import django
from _money_cluster import Cluster
from _stack import ENVIRONMENT, LOG, Tally, free_port, prepare
from django.db import connections

if TYPE_CHECKING:
    from _money_drill import Drill
    from _money_phases import Phase

SITE = {
    "DJANGO_SETTINGS_MODULE": "marketplace.settings",
    "PROCESS_NAME": "drill",
    "LOG_LEVEL": "WARNING",
    "RATE_LIMIT": "off",
    "ORDER_FEE_BPS": "850",
    "ORDER_MOST_UNPAID": "0",
}


def main(names: list[str]) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever is told to stop stops what they have started
    cluster = Cluster(LOG.parent)
    try:
        cluster.start()
        settle_in(cluster)
        run(cluster, names)
    finally:
        cluster.stop()


def settle_in(cluster: Cluster) -> None:
    """Of whatever is started from here on, ourselves too; what providers tell goes nowhere unless a phase says so."""
    nowhere = f"http://127.0.0.1:{free_port()}/v1/webhooks/simulator"
    ENVIRONMENT.update(SITE, **cluster.environment, SIMULATOR_WEBHOOK_URL=nowhere)
    os.environ.update(ENVIRONMENT)
    prepare()
    django.setup()


def run(cluster: Cluster, names: list[str]) -> None:
    from _money_drill import Drill
    from _money_phases import PHASES  # they know the models, which want Django set up

    unknown = set(names) - set(PHASES)
    if unknown:
        raise SystemExit(f"No such phase: {', '.join(unknown)}. There are: {' '.join(PHASES)}")
    drill = Drill(Tally("Money: what becomes of it when things die"), cluster)
    try:
        for name in names or PHASES:
            run_one(drill, name, PHASES[name])
    finally:
        drill.close()
    drill.tally.finish()


def run_one(drill: Drill, name: str, phase: Phase) -> None:
    """One that breaks off has failed, and is no reason not to run the others."""
    print(f"\n{name}: {phase.what}", flush=True)
    began = time.monotonic()
    connections.close_all()  # ours, too, fell with PostgreSQL
    try:
        if not phase.is_beside_others:
            drill.be_alone()
        phase.act(drill)
    except Exception:
        drill.tally.expect("ended with", traceback.format_exc(), "")
    drill.tally.note(f"{name} took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
