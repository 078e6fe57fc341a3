"""What settings read from the environment that needs more than a cast: addresses, hosts, secrets."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.core.exceptions import ImproperlyConfigured

EXAMPLE_JWT_SECRET = "super-secret-labs-uniandes"  # noqa: S105  (printed in a public README; never a secret)
EXAMPLE_DELIVERY_CODE = "bicycles-up-the-hill"  # for trying things out on one's own machine
MIN_SECRET_BYTES = 32
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]", "10.0.2.2"]  # the last is an Android emulator's way here


def database_url(environ: Mapping[str, str]) -> str:
    """`DATABASE_URL` with any `postgresql+driver://` prefix, else the `DB_*` names, else a local default."""
    url = environ.get("DATABASE_URL", "")
    if url:
        expanded = re.sub(r"\$\{(\w+)\}", lambda match: environ.get(match[1], ""), url)
        return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgis://", expanded)
    user = quote(environ.get("DB_USER", "app_user"), safe="")
    password = quote(environ.get("DB_PASSWORD", ""), safe="")
    host = environ.get("DB_HOST", "127.0.0.1")
    port = environ.get("DB_PORT", "5432")
    return f"postgis://{user}:{password}@{host}:{port}/{environ.get('DB_NAME', 'app_db')}"


def hosts_of(base_url: str, *, local: bool) -> list[str]:
    host = urlsplit(base_url).hostname or "localhost"
    return list(dict.fromkeys([host, *LOCAL_HOSTS])) if local else [host]


def local_secret(var_dir: Path, name: str) -> str:
    """A secret of this checkout alone, made on first use and kept in a file only its owner can read."""
    path = var_dir / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if name not in known:
        known[name] = secrets.token_urlsafe(48)
        _write_private(path, json.dumps(known, indent=2))
    return known[name]


def derived_secret(key: str, purpose: str) -> str:
    """For what we alone sign and we alone check: one secret fewer to make, and none that is used for two things."""
    return hmac.new(key.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def refuse_weak_secrets(values: Mapping[str, str], *, examples: Iterable[str]) -> None:
    """Outside `APP_ENV=local` a guessable key is worse than no server."""
    for name, value in values.items():
        if len(value.encode()) < MIN_SECRET_BYTES:
            raise ImproperlyConfigured(f"{name} is missing or shorter than {MIN_SECRET_BYTES} bytes.")
        if value in examples or value.startswith(("change-me", "your-secret", "django-insecure")):
            raise ImproperlyConfigured(f"{name} is an example value. Make one: openssl rand -base64 48")
    if len(set(values.values())) < len(values):
        raise ImproperlyConfigured(f"{' and '.join(values)} must differ.")
