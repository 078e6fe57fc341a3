"""What messages are sent into: the peer's own tables, our statements for pgbench, and messages by the million."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import psycopg
from _talk_data import Talk

BODY = "x" * 120


def ask_database(*statements: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        for statement in statements:
            database.execute(statement.encode())


def make_tables(talk: Talk) -> None:
    """What the peer writes into, and where pgbench finds who says something where."""
    ask_database(
        "CREATE TABLE bench_place (n integer PRIMARY KEY, room uuid, person uuid)",
        *(
            f"INSERT INTO bench_place VALUES ({n}, '{room}', '{talk.people[n % len(talk.people)]}')"
            for n, room in enumerate(talk.rooms, start=1)
        ),
        """CREATE TABLE bench_room AS SELECT id, 0::bigint AS last_seq FROM chat_room;
        ALTER TABLE bench_room ADD PRIMARY KEY (id);
        CREATE TABLE bench_message (
          id uuid PRIMARY KEY DEFAULT gen_random_uuid(), room_id uuid NOT NULL REFERENCES bench_room,
          seq bigint NOT NULL, sender_id uuid NOT NULL, client_id text NOT NULL, body text NOT NULL,
          created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (room_id, seq))""",
    )


def write_lines(file: Path, talk: Talk, rooms: list[UUID]) -> None:
    """Who says something where, for wrk."""
    chance = random.Random(7)
    pairs = ((chance.choice(talk.tokens), chance.choice(rooms)) for _ in range(5_000))
    file.write_text("".join(f"{token} {room}\n" for token, room in pairs))


def write_paths(file: Path, room_ids: list[UUID], path: str, among: range) -> None:
    chance = random.Random(7)
    places = ((chance.choice(room_ids), chance.choice(among)) for _ in range(2_000))
    file.write_text("".join(f"{path.format(room=room, seq=seq)}\n" for room, seq in places))


def write_statements(folder: Path, rooms: int) -> tuple[Path, Path]:
    """For pgbench: all that we ask for a message, and the statement alone that writes it."""
    from chat.services import access, sending

    begin = f"\\set k random(1, 9000000000000000)\n\\set n random(1, {rooms})\n"
    texts = [_filled(text) for text in (access._ASKED, sending._WRITE)]
    whole, bare = folder / f"whole-{rooms}.sql", folder / f"bare-{rooms}.sql"
    whole.write_text(begin + ";\n".join(texts) + ";\n")
    bare.write_text(begin + texts[-1] + ";\n")
    return whole, bare


# The same wherever it stands in one statement, and growing from one to the next as our own ids do
_TIME_ORDERED = (
    "(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || lpad(to_hex((:k)::bigint), 20, '0'))::uuid"
)


_ROOM, _PERSON = (f"(SELECT {column} FROM bench_place WHERE n = :n)" for column in ("room", "person"))
_VALUES = {
    "room": _ROOM,
    "sender": _PERSON,
    "user": _PERSON,
    "id": _TIME_ORDERED,
    "client_id": "(:k)::text",
    "rules": "0",
    "kind": "'text'",
    "body": f"'{BODY}'",
    "data": "NULL",
    "hints": "'{}'",
    "reply_to": "NULL",
    "nudge_seconds": "8",
}


def _filled(text: str) -> str:
    from marketplace.common.postgis.fixed import PARAMETER

    return PARAMETER.sub(lambda found: _VALUES[found[1]], text).strip()


# Written by rooms in turn, as it would be: a room's messages lie far apart
_GROWN = """
WITH said AS (
  INSERT INTO chat_message (id, room_id, seq, sender_id, client_id, kind, body, hints, hidden_reason, created_at)
  SELECT (lpad(to_hex(1700000000000 + s * 1000 + r.n), 12, '0') || '7' || substr(md5(r.n || '-' || s), 1, 19))::uuid,
    r.room, s, r.person, 'grown-' || s, 'text', 'mensaje ' || s || ' ¿sigue disponible la calculadora?', '{{}}', '',
    '2023-11-14'::timestamptz + s * interval '1 second'
  FROM generate_series({first}, {last}) s, bench_place r
  RETURNING id, room_id, seq, sender_id, created_at
)
INSERT INTO chat_event (room_id, seq, type, actor_id, message_id, payload, created_at)
SELECT room_id, seq, 'message.created', sender_id, id, '{{}}', created_at FROM said
"""
# Those that are no constraints: made again afterwards, which takes a fraction of keeping them
_SPARE = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i
WHERE indrelid IN ('chat_message'::regclass, 'chat_event'::regclass)
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
"""
_LOADING = "SET session_replication_role = replica; SET synchronous_commit = off; SET jit = off"
AT_ONCE, LOADERS = 200, 2  # numbers of each room in one statement; one loader for each core


def grow(first: int, last: int) -> None:
    """So many more in each room, from one number to another."""
    spare = _spare_indexes()
    ask_database(*(f"DROP INDEX {name}" for name in spare))
    parts = [(begin, min(begin + AT_ONCE - 1, last)) for begin in range(first, last + 1, AT_ONCE)]
    with ThreadPoolExecutor(LOADERS) as pool:
        list(pool.map(lambda part: ask_database(_LOADING, _GROWN.format(first=part[0], last=part[1])), parts))
    ask_database(
        "SET maintenance_work_mem = '1GB'",
        *spare.values(),
        f"UPDATE chat_room SET last_seq = {last}, last_message_at = now() FROM bench_place WHERE room = chat_room.id",
    )
    ask_database("VACUUM ANALYZE chat_message, chat_event, chat_room")


def _spare_indexes() -> dict[str, str]:
    """By name: what makes them."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        return {str(name): str(made_by) for name, made_by in database.execute(_SPARE.encode())}
