"""One page of stamps, as they lie: by transaction, then by number."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db import connection

from marketplace.sync.places import Place

# A range of the index for each scope, as far as a page goes; there are a few more scopes than rooms one is in
_PAGE = """
SELECT found.kind, found.entity, found.scope, found.xid, found.seq, found.passing
FROM unnest(%(scopes)s::uuid[]) mine (scope) CROSS JOIN LATERAL (
  SELECT i.kind, i.entity, i.scope, i.xid, i.seq, i.passing FROM sync_index i
  WHERE i.scope = mine.scope AND (i.xid, i.seq) > (%(xid)s, %(seq)s)
  ORDER BY i.xid, i.seq LIMIT %(most)s
) found
ORDER BY found.xid, found.seq LIMIT %(most)s
"""

_NEWEST = """
SELECT kind, entity, scope, xid, seq, passing FROM sync_index
WHERE scope = %(scope)s AND (xid, seq) > (%(xid)s, %(seq)s) ORDER BY xid DESC, seq DESC LIMIT %(most)s
"""


class Stamped(NamedTuple):
    kind: int
    entity: UUID
    scope: UUID
    xid: int
    seq: int
    passing: bool


def page(scopes: list[UUID], place: Place, *, most: int) -> list[Stamped]:
    """Everything from `fresh_from` on, also what younger transactions than the pass committed meanwhile."""
    xid, seq = max((place.fresh_from, -1), place.after)
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, {"scopes": scopes, "xid": xid, "seq": seq, "most": most})
        return [Stamped(*row) for row in cursor.fetchall()]


def newest(scope: UUID, *, after: tuple[int, int], most: int) -> list[Stamped]:
    """In the same order, as the last ones lie."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, {"scope": scope, "xid": after[0], "seq": after[1], "most": most})
        return [Stamped(*row) for row in reversed(cursor.fetchall())]
