"""E-mail addresses: one spelling each, and the campus rule."""

from __future__ import annotations

import re
from collections.abc import Collection

import idna

LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def normalized(address: str) -> str:
    """Lower case, ASCII domain, no surrounding blanks; `ValueError` for what is no plain address.

    Quoted local parts, control characters and look-alike letters in the domain are refused: they exist to pass
    a check as one address and to be delivered as another.
    """
    local, at, domain = address.strip(" ").lower().rpartition("@")
    if not at or len(local) > 64 or not LOCAL_PART.fullmatch(local):
        raise ValueError("value is not a valid email address")
    plain = f"{local}@{_ascii_domain(domain)}"
    if len(plain) > 254:
        raise ValueError("value is not a valid email address: it is too long")
    return plain


def _ascii_domain(domain: str) -> str:
    try:
        plain = idna.encode(domain, strict=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError("value is not a valid email address: its domain is not valid") from error
    if "." not in plain:
        raise ValueError("value is not a valid email address: its domain has no dot")
    return plain


def is_of(address: str, domains: Collection[str]) -> bool:
    """Exactly one of the domains, not a name that ends like it; no domains means no rule."""
    return not domains or address.rpartition("@")[2] in {domain.lower() for domain in domains}
