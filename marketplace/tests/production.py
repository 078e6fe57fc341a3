"""What tests about running it for real share."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.core.management import call_command

ROOT = Path(django_settings.BASE_DIR)
SECRETS = {"SECRET_KEY", "JWT_SECRET"}


def text_of(path: str) -> str:
    return (ROOT / path).read_text()


def prepare(**options: Any) -> str:
    out = StringIO()
    call_command("prepare", wait=5, no_static=True, stdout=out, stderr=out, **options)
    return out.getvalue()


def production(**changes: str) -> dict[str, str]:
    """An environment as a server has it; a change to "" takes a name out."""
    known = {
        "PATH": os.environ["PATH"],
        "APP_ENV": "production",
        "BASE_URL": "https://market.example",
        "VAR_DIR": str(django_settings.VAR_DIR),
        "DATABASE_URL": os.environ.get("DATABASE_URL", "postgresql://127.0.0.1/nowhere"),
        "REDIS_URL": django_settings.REDIS_URL,
        "SECRET_KEY": secrets.token_hex(48),
        "JWT_SECRET": secrets.token_hex(48),
        # whatever the developer's own .env says must not reach these processes
        "ALLOWED_HOSTS": "market.example",
        "ALLOWED_ORIGINS": "",
        "RATE_LIMIT": "120/minute",
        "PAYMENT_PROVIDER": "stripe",
        "STRIPE_SECRET_KEY": secrets.token_hex(24),
        "STRIPE_WEBHOOK_SECRETS": secrets.token_hex(24),
        **changes,
    }
    return {name: value for name, value in known.items() if value or name not in SECRETS}


def manage(*arguments: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    argv = [sys.executable, "manage.py", *arguments]
    return subprocess.Popen(
        argv, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
