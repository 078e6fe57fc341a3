"""Each operation in a transaction of its own, remembered in the same one: after whatever happens, it was done or not.

A second push with the same operation waits on its row until the first has committed, and then answers likewise; where
the first was undone, it does it itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from marketplace.common.errors import Conflict, DomainError
from marketplace.common.jsonio import dumps
from marketplace.sync.pushing.deeds import DEEDS, Deed

Answer = dict[str, Any]

_CLAIM = """
INSERT INTO sync_pushedoperation (user_id, client_id, fingerprint) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_CLAIMED = "SELECT fingerprint, answer FROM sync_pushedoperation WHERE user_id = %s AND client_id = %s FOR UPDATE"
_REMEMBER = "UPDATE sync_pushedoperation SET answer = %s::jsonb WHERE user_id = %s AND client_id = %s"


class ClientIdReused(Conflict):
    code = "client_id_reused"
    detail = "This client_id was used for another operation"


class TryAgain(Conflict):
    code = "try_again"
    detail = "Somebody else was at it; send the operation again"


def do_all(user: User, operations: list[dict[str, Any]]) -> list[Answer]:
    """In order. What is refused keeps nothing else from being done."""
    return [_answer(user, each) for each in operations]


def _answer(user: User, operation: dict[str, Any]) -> Answer:
    client_id = operation["client_id"]
    try:
        result, is_new = _do_once(user, client_id, DEEDS[operation["type"]], operation)
    except DomainError as error:
        return {"client_id": client_id, "status": "rejected", "result": None, **_why(error)}
    except DatabaseError:
        return {"client_id": client_id, "status": "rejected", "result": None, **_why(TryAgain())}
    return {
        "client_id": client_id,
        "status": "applied" if is_new else "duplicate",
        "result": result,
        "code": None,
        "detail": None,
    }


def _why(error: DomainError) -> Answer:
    body = error.body()
    return {"code": body["code"], "detail": error.text}


@transaction.atomic
def _do_once(user: User, client_id: str, deed: Deed, operation: dict[str, Any]) -> tuple[Any, bool]:
    fingerprint = _fingerprint(operation)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [user.pk, client_id, fingerprint])
        cursor.execute(_CLAIMED, [user.pk, client_id])
        known, answer = cursor.fetchone()
    if not hmac.compare_digest(bytes(known), fingerprint):
        raise ClientIdReused
    if answer is not None:
        return (json.loads(answer) if isinstance(answer, str) else answer), False
    result = deed.do(user, client_id, deed.shape.read(operation["body"]))
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [dumps(result).decode(), user.pk, client_id])
    return result, True


def _fingerprint(operation: dict[str, Any]) -> bytes:
    what = json.dumps([operation["type"], operation["body"]], sort_keys=True, default=str)
    return hmac.new(settings.SECRET_KEY.encode(), what.encode(), hashlib.sha256).digest()
