"""A ticket opens one socket, once, within half a minute: browsers send no header, and addresses end up in logs."""

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


def give(claims: Claims) -> str:
    ticket = secrets.token_urlsafe(32)
    kept = [str(claims.user_id), str(claims.session_id), str(claims.token_id), claims.expires_at.timestamp()]
    ask(lambda: connection().set(_key(ticket), orjson.dumps(kept), ex=SECONDS))
    return ticket


def use(ticket: str) -> Claims:
    kept = ask(lambda: connection().getdel(_key(ticket)))
    if kept is None:
        raise BadTicket
    user_id, session_id, token_id, ends = orjson.loads(kept)
    return Claims(UUID(user_id), UUID(session_id), UUID(token_id), datetime.fromtimestamp(ends, tz=UTC))


def _key(ticket: str) -> str:
    """Who reads Redis' memory cannot use what is there."""
    return f"chat:ticket:{hashlib.sha256(ticket.encode()).hexdigest()}"
