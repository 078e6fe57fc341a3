"""Who may open a socket: where the page comes from, and the four places in which a client may show who it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import jwt
from django.conf import settings

from accounts.models import User
from accounts.tokens import BadToken, Claims, read_access
from chat.realtime import asking, tickets
from chat.realtime.errors import AccountDisabled, Refused, TokenEnded, TooManyFromHere
from marketplace.common import ratelimit
from marketplace.common.errors import Unauthenticated
from marketplace.common.net import client_address

Scope = Mapping[str, Any]
LONGEST_TOKEN = 8_192


@dataclass(frozen=True)
class Shown:
    """What the handshake shows: a token, or a ticket, or neither yet."""

    token: str | None = None
    ticket: str | None = None
    subprotocol: str | None = None


@dataclass(frozen=True)
class Admitted:
    person: User
    claims: Claims
    room_id: UUID | None = None  # the only one that it is for


def headers_of(scope: Scope) -> dict[str, str]:
    """Of a name that comes twice the values are joined, as HTTP has it."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


def address_of(scope: Scope, headers: Mapping[str, str]) -> str:
    peer = (scope.get("client") or ("", 0))[0]
    return client_address(peer, headers.get("x-forwarded-for", ""))


def is_welcome_from(headers: Mapping[str, str]) -> bool:
    """No Origin: not a browser, and we know no cookies here. A wrong one, `null` included, is never right."""
    origin = headers.get("origin")
    return origin is None or origin.rstrip("/").lower() in _origins(
        settings.BASE_URL, tuple(settings.CORS_ALLOWED_ORIGINS), headers.get("host", "") if settings.IS_LOCAL else ""
    )


@lru_cache(maxsize=256)
def _origins(base: str, allowed: tuple[str, ...], host: str) -> frozenset[str]:
    parts = urlsplit(base)
    own = {f"{parts.scheme}://{parts.netloc}".lower(), *(each.rstrip("/").lower() for each in allowed)}
    if urlsplit(f"//{host}").hostname in _LOCAL:  # on one's own machine the port may be any
        own |= {f"{scheme}://{host}".lower() for scheme in ("http", "https")}
    return frozenset(own)


_LOCAL = ("localhost", "127.0.0.1")


def shown_in(scope: Scope, headers: Mapping[str, str]) -> Shown:
    """A ticket, the subprotocol, the header, the query: the first that is there. Two of a kind are none."""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=50)
    if any(len(query.get(name, ())) > 1 for name in ("token", "ticket")):
        raise Refused
    offered = scope.get("subprotocols") or ()
    bearer = next((each.removeprefix("bearer.") for each in offered if each.startswith("bearer.")), None)
    if "ticket" in query:
        return Shown(ticket=query["ticket"][0])
    scheme, _, raw = headers.get("authorization", "").strip().partition(" ")
    token = bearer or (raw.strip() if scheme.lower() == "bearer" else None) or query.get("token", [None])[0]
    if scheme and scheme.lower() != "bearer" and token is None:
        raise Refused
    return Shown(token=token)


def count_handshake(address: str) -> None:
    _count("socket_address", address)


def _count(scope: str, caller: str) -> None:
    ticket = ratelimit.take(scope, caller)
    if ticket is not None and not ticket.allowed:
        raise TooManyFromHere(extra={"retry_after": ticket.retry_after})


def person_with(shown: Shown, rate_scope: str = "socket_person") -> Admitted:
    """The person, if what was shown, the session and the account are all still good."""
    claims, room_id = tickets.use(shown.ticket) if shown.ticket is not None else (claims_of(shown.token or ""), None)
    try:
        person = asking.person_of(claims)
    except Unauthenticated as error:
        raise (Refused if asking.is_active(claims.user_id) else AccountDisabled) from error
    _count(rate_scope, str(person.pk))
    return Admitted(person, claims, room_id)


def claims_of(token: str) -> Claims:
    if len(token) > LONGEST_TOKEN:
        raise Refused
    try:
        return read_access(token)
    except BadToken as error:
        raise (TokenEnded if _was_good(token) else Refused) from error


def _was_good(token: str) -> bool:
    """Ours, and only too old: worth coming back with a new one."""
    key, algorithm = str(settings.SIMPLE_JWT["SIGNING_KEY"]), str(settings.SIMPLE_JWT["ALGORITHM"])
    try:
        read = jwt.decode(token, key, algorithms=[algorithm], options={"verify_exp": False})
    except (jwt.PyJWTError, UnicodeError, ValueError):
        return False
    return bool(read.get("typ") == "access")
