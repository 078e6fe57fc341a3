"""Nothing that opens a door is ever written down: tokens, tickets, passwords, keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[hidden]"
_NAMES = (
    r"(?:access_token|refresh_token|id_token|token|ticket|password|new_password|old_password|current_password"
    r"|passwd|secret|secret_code|client_secret|stripe_secret_key|authorization|push_token|api_key|signature|x-amz-signature|x-amz-credential"
    r"|csrfmiddlewaretoken|sessionid|cookie)"
)
_NAME = re.compile(_NAMES, re.IGNORECASE)
_RULES: list[tuple[re.Pattern[str], str]] = [
    # header.payload.signature, wherever it stands
    (re.compile(r"eyJ[\w-]{5,1500}+\.[\w-]++\.?[\w-]*+"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    # ?token=…  &ticket=…  password=…
    (re.compile(rf"(?i)\b({_NAMES})(=)(?!\[hidden\])[^\s&\"',;)}}]+"), rf"\1\2{HIDDEN}"),
    # "password": "…" and 'password': '…'; inside an escaped JSON text everything to its end goes with it
    (
        re.compile(
            rf"(?i)(\\{{0,8}}+[\"']{_NAMES}\\{{0,8}}+[\"']\s*+:\s*+\\{{0,8}}+([\"']))(?!\[hidden\])"
            r"(?:\\.|(?!\2)[^\\])*+"
        ),
        rf"\1{HIDDEN}",
    ),
    # postgresql://user:password@host, redis://:password@host
    (re.compile(r"(\b[a-z][\w+.-]{1,30}://[^\s:/@]{0,100}+:)[^\s@/]{1,500}+@"), rf"\1{HIDDEN}@"),
]


LONGEST_LINE = 32_768  # a line is for reading; a sender does not decide how long the search in it takes


def redact(text: str) -> str:
    if len(text) > LONGEST_LINE:
        text = f"{text[: LONGEST_LINE // 2]} … {text[-LONGEST_LINE // 2 :]}"
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def without_secrets(told: Any, hint: object = None) -> Any:
    """The same for what is not a line: names and values, however deep, as Sentry sends them."""
    match told:
        case str():
            return redact(told)
        case Mapping():
            return {name: HIDDEN if _is_secret(name) else without_secrets(value) for name, value in told.items()}
        case list() | tuple():
            return [without_secrets(each) for each in told]
    return told


def _is_secret(name: object) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None
