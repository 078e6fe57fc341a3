"""Events into their table: one statement, so it is all there or nothing is, and nothing waits behind it.

Those that bring an id of their own are first noted among the seen, in the order of their ids: two batches that share
some wait for each other and never around each other. Those without touch only the events' own indexes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from analytics.services.intake.bounds import EARLIEST, LATEST
from marketplace.common.ids import uuid7
from marketplace.common.jsonio import dumps
from marketplace.common.postgis import fixed

AT_ONCE = 1_000  # events in one transaction: nothing that follows the log of changes waits long for any of them

_COLUMNS = (
    "id, event_type, session_id, user_id, listing_id, order_id, chat_id, step, properties, occurred_at, is_clamped"
)
_GIVEN = """
ROWS FROM (json_to_recordset(%(events)s::json) AS (id uuid, event_id uuid, event_type text, session_id text,
  user_id {user}, listing_id uuid, order_id uuid, chat_id uuid, step text, properties jsonb, occurred_at timestamptz))
WITH ORDINALITY AS e(id, event_id, event_type, session_id, user_id, listing_id, order_id, chat_id, step, properties,
  occurred_at, n)
"""
# PostgreSQL takes longer to draw a random id than to write its event: one is drawn for all, and they count on from it
_NEW_ID = "(%(stem)s::text || lpad(to_hex(n), 4, '0'))::uuid"
_STEM = 28  # of the 32 digits of an id
_VALUES = f"""
event_type, session_id, {{user}}, listing_id, order_id, chat_id, step, coalesce(properties, '{{{{}}}}'),
CASE WHEN occurred_at < now() - {EARLIEST} THEN now() - {EARLIEST}
  WHEN occurred_at <= now() + {LATEST} THEN occurred_at ELSE now() END,
coalesce(occurred_at NOT BETWEEN now() - {EARLIEST} AND now() + {LATEST}, false)
"""
_TOLD = "SELECT count(*), (array_agg(id))[1:5] FROM kept"

_ANONYMOUS_IDS = f"""
WITH kept AS (
  INSERT INTO analytics_event ({_COLUMNS}) SELECT {_NEW_ID}, {{values}} FROM {{given}} RETURNING id
) {_TOLD}
"""  # noqa: S608 - only names of ours
_OWN_IDS = f"""
WITH given AS MATERIALIZED (
  SELECT coalesce(id, event_id, {_NEW_ID}) AS own, coalesce(id, event_id) IS NOT NULL AS is_named, e.*
  FROM {{given}}
), fresh AS (
  INSERT INTO analytics_seenevent (id) SELECT DISTINCT own FROM given WHERE is_named ORDER BY own
  ON CONFLICT DO NOTHING RETURNING id
), kept AS (
  INSERT INTO analytics_event ({_COLUMNS})
  SELECT own, {{values}} FROM (SELECT DISTINCT ON (own) * FROM given ORDER BY own, n) once
  WHERE NOT is_named OR own IN (SELECT id FROM fresh) ORDER BY n RETURNING id
) {_TOLD}
"""  # noqa: S608 - only names of ours


def _filled(statement: str, *, user: str, read_as: str) -> str:
    return statement.format(values=_VALUES.format(user=user), given=_GIVEN.format(user=read_as))


# Whoever is signed in is whom their events are of, whatever they say of it (some apps say an e-mail address)
_OF_ONE = {
    has: _filled(text, user="%(user)s::uuid", read_as="json")
    for has, text in ((False, _ANONYMOUS_IDS), (True, _OWN_IDS))
}
_OF_THEIRS = _filled(_OWN_IDS, user="user_id", read_as="uuid")


@dataclass(frozen=True)
class Kept:
    count: int
    first_ids: list[UUID]


def write(events: str, *, user_id: UUID, has_ids: bool) -> Kept:
    """A JSON array; all of them of this person."""
    return _kept(_change(_OF_ONE[has_ids], {"events": events, "user": user_id}))


def write_theirs(events: list[dict[str, Any]]) -> Kept:
    """Each says whose it is, or that it is nobody's."""
    return _kept(_change(_OF_THEIRS, {"events": dumps(events).decode()}))


def _kept(row: Any) -> Kept:
    return Kept(row[0], row[1] or [])


def _change(statement: str, values: dict[str, Any]) -> Any:
    """Once more, when the day of these events was made at this very moment: they were on their way to another place."""
    values["stem"] = uuid7().hex[:_STEM]
    try:
        return fixed.change(statement, values)
    except IntegrityError:
        return fixed.change(statement, values)
