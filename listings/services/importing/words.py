"""What people call columns, conditions and states, in Spanish and English."""

from __future__ import annotations

import re
import unicodedata

# field -> names of its column, as `plain` has them. "Estado" is what a thing is like, as on every market
HEADERS: dict[str, tuple[str, ...]] = {
    "title": ("title", "titulo", "nombre", "name", "producto", "product", "articulo"),
    "description": ("description", "descripcion", "detalle", "detalles", "details"),
    "category": ("category", "categoria", "category slug", "category id"),
    "brand": ("brand", "marca", "brand slug", "brand id"),
    "price": ("price", "precio", "valor", "precio unitario", "unit price"),
    "price_cents": ("price cents", "precio centavos", "precio en centavos", "centavos"),
    "currency": ("currency", "moneda", "divisa"),
    "condition": ("condition", "condicion", "estado", "estado del producto"),
    "quantity": ("quantity", "cantidad", "existencias", "stock", "unidades"),
    "latitude": ("latitude", "latitud", "lat"),
    "longitude": ("longitude", "longitud", "lon", "lng", "long"),
    "state": ("state", "estado de publicacion", "publicacion", "estado del anuncio"),
}
KNOWN_HEADERS = {name: field for field, names in HEADERS.items() for name in names}

CONDITIONS = {
    "nuevo": "new",
    "nueva": "new",
    "como nuevo": "like_new",
    "como nueva": "like_new",
    "like new": "like_new",
    "casi nuevo": "like_new",
    "usado": "used",
    "usada": "used",
    "bueno": "good",
    "buena": "good",
    "buen estado": "good",
    "aceptable": "fair",
    "regular": "fair",
    "malo": "poor",
    "mala": "poor",
}
STATES = {
    "borrador": "draft",
    "activo": "live",
    "activa": "live",
    "active": "live",
    "publicado": "live",
    "publicada": "live",
    "disponible": "live",
    "pausado": "paused",
    "pausada": "paused",
    "vendido": "sold",
    "vendida": "sold",
    "archivado": "archived",
    "archivada": "archived",
}


def plain(text: str) -> str:
    """`" Descripción "`, `DESCRIPCION` and `descripcion` are one word; so are `price_cents` and `Price cents`."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub(r"[\s_-]+", " ", bare).strip().lower()
