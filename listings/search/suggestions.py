"""Suggest as you type: titles, categories and brands that begin with it, then titles with a word that does."""

from __future__ import annotations

from typing import Any

from django.db import connection

MOST = 10
LOOKED_AT = 200  # titles that hold the word, to find different ones among
SHORTEST_WORD = 3  # fewer letters are met in too many titles

# Jumps from one different title to the next in the index, so a title offered a thousand times costs one step
_STARTING = """
WITH RECURSIVE said AS MATERIALIZED (
  SELECT listings_plain(%(q)s) AS plain, ltrim(listings_like(%(q)s), '%%') AS pattern
), titles AS (
  SELECT nearest.plain_title, nearest.title, 1 AS place FROM said, LATERAL (
    SELECT l.plain_title, l.title FROM listings_listing l
    WHERE l.is_active AND l.plain_title COLLATE "C" >= said.plain
    ORDER BY l.plain_title COLLATE "C" LIMIT 1) nearest
  WHERE nearest.plain_title LIKE said.pattern
  UNION ALL
  SELECT further.plain_title, further.title, titles.place + 1 FROM titles, said, LATERAL (
    SELECT l.plain_title, l.title FROM listings_listing l
    WHERE l.is_active AND l.plain_title COLLATE "C" > titles.plain_title
    ORDER BY l.plain_title COLLATE "C" LIMIT 1) further
  WHERE titles.place < %(most)s AND further.plain_title LIKE said.pattern
)
SELECT 'category', c.name, c.id, 0 AS kind FROM listings_category c, said
WHERE NOT c.is_hidden AND listings_plain(c.name) LIKE said.pattern
UNION ALL
SELECT 'brand', min(b.name), (array_agg(b.id ORDER BY b.id))[1], 1 FROM listings_brand b, said
WHERE NOT b.is_hidden AND listings_plain(b.name) LIKE said.pattern GROUP BY listings_plain(b.name)
UNION ALL
SELECT 'title', t.title, NULL::uuid, 2 FROM titles t
ORDER BY 4, 2"""
_HOLDING = """
SELECT DISTINCT ON (l.plain_title) 'title', l.title, NULL::uuid FROM listings_saying(%(q)s, %(looked_at)s::integer) said
JOIN listings_listing l ON l.id = said.id
WHERE ' ' || listings_apart(l.plain_title) LIKE '%% ' || ltrim(listings_like(trim(listings_apart(%(q)s))), '%%')
ORDER BY l.plain_title LIMIT %(most)s"""


def suggest(text: str) -> list[dict[str, Any]]:
    values: dict[str, Any] = {"q": text.strip(), "most": MOST, "looked_at": LOOKED_AT}
    with connection.cursor() as cursor:
        cursor.execute(_STARTING, values)
        rows = [row[:3] for row in cursor.fetchall()]
        if len(rows) < MOST and len(text.strip()) >= SHORTEST_WORD:
            cursor.execute(_HOLDING, values)
            known = {row[1] for row in rows}
            rows += [row for row in cursor.fetchall() if row[1] not in known]
    return [{"kind": kind, "text": name, "id": key} for kind, name, key in rows[:MOST]]
