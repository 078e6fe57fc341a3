"""Servers that ask for changes in the three usual wrong ways, so that the drill can show that it would notice.

`MUTANT=… uvicorn _sync_mutants:application`. Everything but the way of asking is the product's own.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Any

import django
from django.db import connection

from marketplace.asgi import application
from marketplace.sync import clock, delta, stamps
from marketplace.sync.registry import registry

NAMES = ("by_time", "by_number", "watermark_afterwards")
BETWEEN_SECONDS = 0.3
# The time of a change, as `updated_at` has it: kept by a trigger that is the drill's own
PREPARE = """
ALTER TABLE sync_index ADD COLUMN IF NOT EXISTS changed_at timestamptz DEFAULT now();
CREATE OR REPLACE FUNCTION drill_changed_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_at := now();
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS drill_changed_at ON sync_index;
CREATE TRIGGER drill_changed_at BEFORE INSERT OR UPDATE ON sync_index
FOR EACH ROW EXECUTE FUNCTION drill_changed_at();
"""
_WAYS = {"by_time": "(extract(epoch FROM changed_at) * 1e6)::bigint", "by_number": "seq"}
_AFTER = """
SELECT kind, entity, scope, xid, seq, passing, {way} FROM sync_index
WHERE scope = ANY(%s) AND {way} > %s ORDER BY {way} LIMIT %s
"""


def _page_after(way: str) -> Any:
    """Whatever is later than the last that was seen."""

    def page(question: Any, place: Any, *, now: Any, is_reset: bool) -> Any:
        with connection.cursor() as cursor:
            scopes = registry.scopes_of(question.viewer)
            cursor.execute(_AFTER.format(way=way), [scopes, place.fresh_from, question.limit + 1])
            rows = cursor.fetchall()
        more, rows = len(rows) > question.limit, rows[: question.limit]
        last = rows[-1][6] if rows else place.fresh_from
        next_place = replace(place, fresh_from=last)
        return delta.Page(
            question, place, next_place, [stamps.Stamped(*row[:6]) for row in rows], [], more, is_reset, now
        )

    return page


def _watermark_afterwards(original: Any) -> Any:
    """The rows first, and then which transactions may still be running."""

    def page(question: Any, place: Any, *, now: Any, is_reset: bool) -> Any:
        found = original(question, place, now=now, is_reset=is_reset)
        if found.has_more:
            return found
        time.sleep(BETWEEN_SECONDS)
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            oldest = cursor.fetchone()[0]
        other.close()
        return replace(found, next_place=replace(found.next_place, fresh_from=oldest))

    return page


def _mutate(name: str) -> None:
    if name == "watermark_afterwards":
        delta._page = _watermark_afterwards(delta._page)
        return
    delta._page = _page_after(_WAYS[name])
    horizon = clock.horizon
    clock.horizon = lambda: horizon()._replace(next_one=2**62)  # these places are no transactions


if name := os.environ.get("MUTANT"):
    assert django.apps.apps.ready
    _mutate(name)

__all__ = ["application"]
