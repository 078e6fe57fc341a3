"""The peer: the same pages of the same tables by FastAPI, asyncpg and pydantic, written as its friends would.

It asks for the person once a request, as we do, and shows the same fields and photos. It counts no totals.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
from psycopg.conninfo import conninfo_to_dict
from pydantic import BaseModel

JWT_SECRET = os.environ["JWT_SECRET"]
MEDIA = "http://localhost:8000/media/"

COLUMNS = """id, seller_id, title, description, category_id, brand_id, price_cents, currency, condition,
  quantity - reserved - sold AS quantity, is_active, shown_latitude AS latitude, shown_longitude AS longitude,
  price_suggestion_used, quick_view_enabled, created_at, updated_at, state, version"""
PERSON = """SELECT u.id FROM accounts_user u JOIN accounts_session s ON s.user_id = u.id
  WHERE u.id = $1 AND s.id = $2 AND u.is_active AND s.revoked_at IS NULL"""
# With ST_DWithin, the usual way to say it, the planner expects next to nothing and reads the whole circle: the peer
# would be a hundred times slower, and it would not be the peer's doing
NEAR = f"""SELECT {COLUMNS} FROM listings_listing
  WHERE is_active AND location && _st_expand(ST_MakePoint($1, $2)::geography, $3)
    AND location <-> ST_MakePoint($1, $2)::geography <= $3
  ORDER BY location <-> ST_MakePoint($1, $2)::geography LIMIT $4"""
WORDS = f"""SELECT {COLUMNS} FROM listings_listing WHERE is_active AND search @@ listings_query($1)
  ORDER BY created_at DESC, id DESC LIMIT $2"""
NEWEST = f"SELECT {COLUMNS} FROM listings_listing WHERE is_active ORDER BY created_at DESC, id DESC LIMIT $1"
AFTER = f"""SELECT {COLUMNS} FROM listings_listing WHERE is_active AND (created_at, id) < ($1, $2)
  ORDER BY created_at DESC, id DESC LIMIT $3"""
ONE = f"SELECT {COLUMNS} FROM listings_listing WHERE id = $1 AND removed_at IS NULL AND is_active"
PHOTOS = """SELECT id, listing_id, storage_key, width, height, created_at, colour, state, position
  FROM listings_photo WHERE listing_id = ANY($1) ORDER BY listing_id, position, id"""
FACETS = """SELECT category_id, brand_id, condition, count(*) AS n FROM listings_listing
  WHERE is_active AND search @@ listings_query($1)
  GROUP BY GROUPING SETS ((category_id), (brand_id), (condition))"""


class Photo(BaseModel):
    id: UUID
    listing_id: UUID
    storage_key: str
    image_url: str | None
    width: int | None
    height: int | None
    created_at: datetime
    thumbnails: dict[str, str]
    colour: str | None
    state: str
    position: int


class Listing(BaseModel):
    id: UUID
    seller_id: UUID
    title: str
    description: str | None
    category_id: UUID
    brand_id: UUID | None
    price_cents: int
    currency: str
    condition: str | None
    quantity: int
    is_active: bool
    latitude: float | None
    longitude: float | None
    price_suggestion_used: bool
    quick_view_enabled: bool
    created_at: datetime
    updated_at: datetime
    state: str
    version: int
    photos: list[Photo]


class Page(BaseModel):
    items: list[Listing]
    page_size: int
    has_next: bool
    next_cursor: str | None


class Facet(BaseModel):
    category_id: UUID | None
    brand_id: UUID | None
    condition: str | None
    n: int


class PageWithFacets(Page):
    facets: list[Facet]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    known = conninfo_to_dict(os.environ["DATABASE_URL"])
    names = {"host": "host", "port": "port", "user": "user", "password": "password", "dbname": "database"}
    wanted = {names[name]: value for name, value in known.items() if name in names and value}
    async with asyncpg.create_pool(**wanted, min_size=8, max_size=16) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


async def connection(request: Request) -> AsyncIterator[Any]:
    async with request.app.state.pool.acquire() as acquired:
        yield acquired


Database = Annotated[Any, Depends(connection)]


async def person(request: Request, database: Database) -> UUID:
    try:
        claims = jwt.decode(request.headers["authorization"].removeprefix("Bearer "), JWT_SECRET, algorithms=["HS256"])
    except (KeyError, jwt.InvalidTokenError) as error:
        raise HTTPException(401) from error
    row = await database.fetchrow(PERSON, UUID(claims["sub"]), UUID(claims["sid"]))
    if row is None:
        raise HTTPException(401)
    found: UUID = row["id"]
    return found


SignedIn = Annotated[UUID, Depends(person)]


@app.get("/v1/listings")
async def listings(  # noqa: PLR0917
    viewer: SignedIn,
    database: Database,
    near_lat: float | None = None,
    near_lon: float | None = None,
    radius_km: float = 3,
    q: str | None = None,
    cursor: str | None = None,
    page_size: int = 20,
) -> Page:
    if near_lat is not None:
        rows = await database.fetch(NEAR, near_lon, near_lat, radius_km * 1000, page_size + 1)
    elif q:
        rows = await database.fetch(WORDS, q, page_size + 1)
    elif cursor:
        at, _, key = cursor.partition("_")
        rows = await database.fetch(AFTER, datetime.fromisoformat(at), UUID(key), page_size + 1)
    else:
        rows = await database.fetch(NEWEST, page_size + 1)
    return await _page(rows, database, page_size)


@app.get("/v1/listings/with-facets")
async def listings_with_facets(viewer: SignedIn, database: Database, q: str, page_size: int = 20) -> PageWithFacets:
    page = await _page(await database.fetch(WORDS, q, page_size + 1), database, page_size)
    counted = [Facet.model_validate(dict(row)) for row in await database.fetch(FACETS, q)]
    return PageWithFacets(**dict(page), facets=counted)


@app.get("/v1/listings/{listing_id}")
async def listing(listing_id: UUID, viewer: SignedIn, database: Database) -> Listing:
    row = await database.fetchrow(ONE, listing_id)
    if row is None:
        raise HTTPException(404)
    return _listing(row, await _photos([row], database))


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "healthy"}


async def _page(rows: Sequence[Any], database: Any, page_size: int) -> Page:
    shown, has_next = rows[:page_size], len(rows) > page_size
    photos = await _photos(shown, database)
    last = f"{shown[-1]['created_at'].isoformat()}_{shown[-1]['id']}" if has_next else None
    items = [_listing(row, photos) for row in shown]
    return Page(items=items, page_size=page_size, has_next=has_next, next_cursor=last)


async def _photos(rows: Sequence[Any], database: Any) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in await database.fetch(PHOTOS, [row["id"] for row in rows]):
        folder, _, name = row["storage_key"].rpartition("/")
        stem = name.rpartition(".")[0]
        urls = {
            "image_url": MEDIA + row["storage_key"],
            "thumbnails": {str(pixels): f"{MEDIA}{folder}/thumbs/{stem}_{pixels}.jpg" for pixels in (300, 800)},
        }
        found.setdefault(row["listing_id"], []).append({**row, **urls})
    return found


def _listing(row: Any, photos: dict[UUID, list[dict[str, Any]]]) -> Listing:
    return Listing.model_validate({**row, "photos": photos.get(row["id"], [])})
