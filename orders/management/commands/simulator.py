"""The simulated payment provider as a server of its own: it can be killed, and started again, without us."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from orders.providers.simulator import clock, face


class Command(BaseCommand):
    help = "Serves the simulated payment provider over HTTP; set SIMULATOR_URL (or STRIPE_API_BASE) to its address."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=9300, help="0: any that is free")
        parser.add_argument("--wind", type=int, metavar="HOURS", help="wind its clock forward, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["wind"] is not None:
            clock.wind(timedelta(hours=options["wind"]))
            return
        with face.serve(options["port"]) as server:
            self.stdout.write(f"http://127.0.0.1:{server.server_port}")
            self.stdout.flush()
            server.serve_forever()
