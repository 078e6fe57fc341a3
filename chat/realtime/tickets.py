"""A ticket opens one socket, once, within half a minute: browsers send no header, and addresses end up in logs.

It may be for one room: then the socket does and hears nothing elsewhere.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from uuid import UUID

import orjson

from accounts.tokens import Claims
from chat.realtime.errors import Refused
from marketplace.common.redisdb import ask, connection

SECONDS = 30


class BadTicket(Refused):
    code = "invalid_ticket"
    detail = "This ticket was used, has run out, or never existed"


def give(claims: Claims, room_id: UUID | None = None) -> str:
    ticket = secrets.token_urlsafe(32)
    kept = [claims.user_id, claims.session_id, claims.token_id, claims.expires_at.timestamp(), room_id]
    ask(lambda: connection().set(_key(ticket), orjson.dumps(kept), ex=SECONDS))
    return ticket


def use(ticket: str) -> tuple[Claims, UUID | None]:
    """Whose it is, and which room it is for, if for one."""
    kept = ask(lambda: connection().getdel(_key(ticket)))
    if kept is None:
        raise BadTicket
    user_id, session_id, token_id, ends, room_id = orjson.loads(kept)
    claims = Claims(UUID(user_id), UUID(session_id), UUID(token_id), datetime.fromtimestamp(ends, tz=UTC))
    return claims, None if room_id is None else UUID(room_id)


def _key(ticket: str) -> str:
    """Who reads Redis' memory cannot use what is there."""
    return f"chat:ticket:{hashlib.sha256(ticket.encode()).hexdigest()}"
