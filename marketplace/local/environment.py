"""What the run starts from: the real environment, a `.env` beneath it, and what a local run adds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from marketplace.environment import local_secret
from marketplace.local.errors import LocalError

LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$")
QUOTED = re.compile(r"""(['"])(.*?)(?<!\\)\1\s*(?:#.*)?$""")
REFERENCE = re.compile(r"\$\{(\w+)\}")
SECRETS = ("SECRET_KEY", "JWT_SECRET")


def read_dotenv(text: str, real: Mapping[str, str]) -> dict[str, str]:
    """`KEY=value` lines; quotes, comments and `${OTHER}` as people know them from shells."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.lstrip().startswith("#") and (match := LINE.match(line)):
            found[match[1]] = _value(match[2], {**found, **real})
    return found


def _value(raw: str, known: Mapping[str, str]) -> str:
    quoted = QUOTED.match(raw)
    if quoted and quoted[1] == "'":
        return quoted[2]
    bare = quoted[2] if quoted else re.sub(r"(^|\s+)#.*$", "", raw)
    return REFERENCE.sub(lambda match: known.get(match[1], ""), bare)


def given(repository: Path, real: Mapping[str, str]) -> dict[str, str]:
    """The real environment wins over `.env`."""
    path = repository / ".env"
    environment = {**(read_dotenv(path.read_text(), real) if path.exists() else {}), **real}
    return {**environment, "APP_ENV": environment.get("APP_ENV") or "local"}


def local_additions(root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """A local run makes the secrets it lacks and keeps them; any other refuses to start without."""
    additions = {"VAR_DIR": str(root), "PYTHONUNBUFFERED": "1"}
    if environment["APP_ENV"] == "local":
        additions |= {name: environment.get(name) or local_secret(root, name) for name in SECRETS}
    return additions


def wants_postgres(environment: Mapping[str, str]) -> bool:
    return not (environment.get("DATABASE_URL") or environment.get("DB_HOST"))


def wants_redis(environment: Mapping[str, str]) -> bool:
    return not environment.get("REDIS_URL")


def address(environment: Mapping[str, str]) -> tuple[str, int]:
    text = environment.get("PORT") or environment.get("API_PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise LocalError(f"PORT={text} is not a port number")
    return environment.get("API_HOST") or "127.0.0.1", int(text)


def number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) == 0:
        raise LocalError(f"{name}={text} is not a number of at least 1")
    return int(text)


def trusted_proxies(environment: Mapping[str, str]) -> list[str]:
    return [address for address in (environment.get("TRUSTED_PROXIES") or "").split(",") if address]


def process_environment(environment: Mapping[str, str], name: str) -> dict[str, str]:
    return {**environment, "PROCESS_NAME": name}
