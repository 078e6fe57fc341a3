"""The peer of a message: who is there, a number and one INSERT, and the row back. Nobody is asked whether they may."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from _search_peer import Database, SignedIn, app
from fastapi import HTTPException
from pydantic import BaseModel, Field

SAID = """
WITH turn AS (UPDATE bench_room SET last_seq = last_seq + 1 WHERE id = $1 RETURNING id, last_seq)
INSERT INTO bench_message (room_id, seq, sender_id, client_id, body)
SELECT id, last_seq, $2::uuid, $3::text, $4::text FROM turn RETURNING *
"""


class Draft(BaseModel):
    chat_id: UUID
    client_id: str = Field(max_length=64)
    content: str = Field(max_length=8_000)


class Message(BaseModel):
    id: UUID
    room_id: UUID
    seq: int
    sender_id: UUID
    client_id: str
    body: str
    created_at: datetime


@app.post("/v1/messages", status_code=201)
async def say(draft: Draft, sender: SignedIn, database: Database) -> Message:
    row = await database.fetchrow(SAID, draft.chat_id, sender, draft.client_id, draft.content)
    if row is None:
        raise HTTPException(404)
    return Message.model_validate(dict(row))
