"""The peer of an order: who is there, one INSERT, and the row back. Nothing is held, numbered, chained or announced.

Its table is what its own pages need: three foreign keys, and an index for the list of each party.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from _search_peer import Database, SignedIn, app
from fastapi import HTTPException
from pydantic import BaseModel, Field

ORDERED = """
INSERT INTO bench_order (buyer_id, seller_id, listing_id, quantity, unit_price_cents, total_cents, currency)
SELECT $1::uuid, seller_id, id, $3::integer, price_cents, price_cents * $3, currency
FROM listings_listing WHERE id = $2 RETURNING *
"""


class Wish(BaseModel):
    listing_id: UUID
    quantity: int = Field(1, ge=1, le=1_000_000)


class Order(BaseModel):
    id: UUID
    buyer_id: UUID
    seller_id: UUID
    listing_id: UUID
    quantity: int
    unit_price_cents: int
    total_cents: int
    currency: str
    status: str
    created_at: datetime
    updated_at: datetime


@app.post("/v1/orders", status_code=201)
async def place(wish: Wish, buyer: SignedIn, database: Database) -> Order:
    row = await database.fetchrow(ORDERED, buyer, wish.listing_id, wish.quantity)
    if row is None:
        raise HTTPException(404)
    return Order.model_validate(dict(row))
