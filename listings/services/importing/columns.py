"""What the columns of a table mean, and what a row says in the words of `POST /v1/listings`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from listings.models import Brand, Category
from listings.services.importing.words import CONDITIONS, HEADERS, KNOWN_HEADERS, STATES, plain
from marketplace.common.money import cents_as_typed

NAMED_CURRENCY = re.compile(r"^([A-Z]{2,3})\s*\$|\s*([A-Z]{3})$")
REQUIRED = ("title", "category", ("price", "price_cents"))


class Misfit(ValueError):
    """A cell, named by its field, that says nothing that can be offered."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


class Columns:
    """Which field stands where, by the names in the header."""

    def __init__(self, header: Sequence[str]) -> None:
        self.names: dict[str, str] = {}  # field -> its name in this file
        self.unknown: list[str] = []
        self._places: dict[str, int] = {}
        for place, name in enumerate(header):
            self._add(place, name)
        for wanted in REQUIRED:
            choices = (wanted,) if isinstance(wanted, str) else wanted
            if not any(choice in self._places for choice in choices):
                raise Misfit(choices[0], "There is no such column")

    def _add(self, place: int, name: str) -> None:
        field = KNOWN_HEADERS.get(plain(name))
        if field is None:
            self.unknown += [name] if name else []
        elif field in self._places:
            raise Misfit(field, f"The column is there twice: {self.names[field]} and {name}")
        else:
            self._places[field], self.names[field] = place, name

    def said(self, cells: Sequence[str]) -> dict[str, str]:
        """The cells that are not empty, by field."""
        found = {field: cells[place] if place < len(cells) else "" for field, place in self._places.items()}
        return {field: text for field, text in found.items() if text}


class Catalog:
    """Categories and brands by slug, name or id, read once for a whole file."""

    def __init__(self) -> None:
        self.categories = {row.pk: row for row in Category.objects.shown()}
        self.brands = {row.pk: row for row in Brand.objects.shown()}
        self._categories, self._brands = _by_word(self.categories), _by_word(self.brands)

    def category(self, said: str) -> UUID:
        return self._only("category", self._categories.get(plain(said), []), said)

    def brand(self, said: str, category_id: UUID) -> UUID:
        """Slugs repeat between categories: the one of this category, else the one of none, else the only one."""
        found = self._brands.get(plain(said), [])
        for home in (category_id, None):
            at_home = [row for row in found if row.category_id == home]
            if at_home:
                return self._only("brand", at_home, said)
        return self._only("brand", found, said)

    def _only(self, field: str, found: Sequence[Any], said: str) -> UUID:
        if not found:
            raise Misfit(field, f"There is no such {field}: {said[:80]}")
        if len(found) > 1:
            raise Misfit(
                field, f"Several are called so, write the slug: {', '.join(sorted(row.slug for row in found))}"
            )
        key: UUID = found[0].pk
        return key


def _by_word(rows: Mapping[UUID, Any]) -> dict[str, list[Any]]:
    """A slug means its own row, even where another row has that name."""
    by_word: dict[str, list[Any]] = defaultdict(list)
    for row in rows.values():
        by_word[plain(row.slug)].append(row)
    slugs = set(by_word)
    for row in rows.values():
        by_word[plain(str(row.pk))] = [row]
        if plain(row.name) not in slugs:
            by_word[plain(row.name)].append(row)
    return dict(by_word)


def body_of(said: Mapping[str, str], catalog: Catalog, *, currency: str) -> tuple[dict[str, Any], list[Misfit]]:
    """As an app would post it; what cannot be said so is left out of the body and told."""
    body: dict[str, Any] = {"currency": said.get("currency", currency)}
    misfits: list[Misfit] = []
    for field in HEADERS:  # in their order: a brand is looked for in its category, exact cents win over a price
        if field in said:
            try:
                body |= _put(field, said[field], catalog, body)
            except Misfit as misfit:
                misfits.append(misfit)
    return body, misfits


def _put(field: str, text: str, catalog: Catalog, body: Mapping[str, Any]) -> dict[str, Any]:
    match field:
        case "category":
            return {"category_id": catalog.category(text)}
        case "brand":
            return {"brand_id": catalog.brand(text, body["category_id"])} if "category_id" in body else {}
        case "price":
            _require_same_currency(text, body["currency"])
            return {"price_cents": cents_of(text)}
        case "condition":
            return {"condition": CONDITIONS.get(plain(text), text)}
        case "state":
            return {"state": STATES.get(plain(text), plain(text))}
        case "latitude" | "longitude":
            return {field: text.replace(",", ".")}
    return {field: text}


def _require_same_currency(price: str, currency: str) -> None:
    """`20 USD` is not offered for 20 pesos. A country's two letters are enough: `US$`, `COL$`."""
    match = NAMED_CURRENCY.search(price)
    named = match and (match[1] or match[2])
    if named and named[:2] != currency.upper()[:2]:
        raise Misfit("price", f"The price is in {named}, and the row in {currency.upper()[:3]}")


def cents_of(text: str) -> int:
    try:
        return cents_as_typed(text)
    except ValueError as error:
        raise Misfit("price", f"This is no amount: {text[:40]}") from error
