"""A database of a measurement's own, with Django at work on it in this process; dropped afterwards."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from _load import ROOT, python


@contextmanager
def own_database(name: str, *, waits_for_disk: bool = False) -> Iterator[None]:
    """Import models inside it: they are not there before."""
    server = os.environ["DATABASE_URL"]
    os.environ |= {
        "DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl(),
        "DJANGO_SETTINGS_MODULE": "marketplace.settings",
        "DEMO_DATA": "off",
        "LOG_FILES": "false",
        "LOG_LEVEL": "ERROR",
    }
    _run(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    _run(server, f"ALTER DATABASE {name} SET synchronous_commit = {'on' if waits_for_disk else 'off'}")
    try:
        subprocess.run(python("manage.py", "prepare"), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        _set_up_django()
        yield
    finally:
        _run(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _set_up_django() -> None:
    import django

    django.setup()


def _run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        for statement in statements:
            server.execute(statement.encode())
