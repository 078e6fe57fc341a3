"""`manage.py audit_money`: do ledger, orders and provider say the same? Exit code 1 if they do not."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from orders.models import MoneyAudit
from orders.services.auditing import auditing

SHOWN = 50


class Command(BaseCommand):
    help = "Prove the books: ledger, orders and provider. Exit code 1 if anything differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--quarantine", action="store_true", help="stop the orders that differ until somebody has looked at them"
        )

    def handle(self, *args: Any, quarantine: bool, **options: Any) -> None:
        done = auditing.run(quarantine=quarantine)
        for row in done.table:
            self._say_row(row)
        for finding in done.findings[:SHOWN]:
            self.stdout.write(f"  {finding['question']}: {finding['order'] or '-'}: {finding['what']}")
        if done.differences > SHOWN:
            self.stdout.write(f"  … and {done.differences - SHOWN} more")
        self.stdout.write(self._summary(done))
        if not done.is_ok:
            sys.exit(1)

    def _say_row(self, row: dict[str, Any]) -> None:
        mark = "✗" if row["differences"] else "✓"
        told = row["note"] or (f"{row['differences']} differ" if row["differences"] else "")
        self.stdout.write(f"{mark} {row['title']:<72} {told}".rstrip())

    def _summary(self, done: MoneyAudit) -> str:
        stopped = f", {done.quarantined} orders quarantined" if done.quarantined else ""
        if done.is_ok:
            return f"{done.orders} orders: everything agrees."
        return f"{done.orders} orders: {done.differences} differences{stopped}."
