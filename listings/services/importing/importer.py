"""Offering what a table says, row by row: all of it or nothing, unless told to leave out what is wrong.

The same file imported twice is offered twice: a spreadsheet has no key by which a row could be known again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from accounts.models import User
from listings.models import Listing
from listings.services import listings
from listings.services.importing.columns import Catalog, Columns, Misfit, body_of
from listings.services.importing.tables import Row, Table
from marketplace.common.errors import InvalidInput
from marketplace.common.money import require_coins

# fields of a body -> the column that people know them by
COLUMN_OF = {"category_id": "category", "brand_id": "brand", "price_cents": "price"}
Check = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Problem:
    row: int
    column: str
    reason: str


@dataclass(frozen=True)
class Offer:
    row: int
    listing: Listing


@dataclass
class Report:
    """`good` rows could be offered; `offers` is what was, so it is empty after a trial or a refusal."""

    total: int = 0
    good: int = 0
    offers: list[Offer] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)


def import_rows(
    table: Table,
    *,
    seller: User,
    check: Check,
    currency: str = "COP",
    skip_bad_rows: bool = False,
    is_trial: bool = False,
    on_row: Callable[[], object] = lambda: None,
) -> Report:
    """`check` is the shape of `POST /v1/listings`; `on_row` is called once for each row."""
    report = Report(total=len(table.rows))
    try:
        columns = Columns(table.header.cells)
    except Misfit as misfit:
        report.problems.append(Problem(table.header.number, misfit.field, misfit.reason))
        return report
    report.ignored_columns = columns.unknown
    reader = _Reader(columns, Catalog(), check, currency)
    checked = [(row, reader.facts_of(row, report.problems)) for row in table.rows]
    good = [(row, facts) for row, facts in checked if facts is not None]
    report.good = len(good)
    if is_trial or (report.problems and not skip_bad_rows):
        return report
    with transaction.atomic():
        for row, facts in good:
            report.offers.append(Offer(row.number, _offer(facts, seller)))
            on_row()
    return report


@dataclass(frozen=True)
class _Reader:
    columns: Columns
    catalog: Catalog
    check: Check
    currency: str

    def facts_of(self, row: Row, problems: list[Problem]) -> dict[str, Any] | None:
        """Checked facts, or None with everything that is wrong with this row added to `problems`."""
        body, misfits = body_of(self.columns.said(row.cells), self.catalog, currency=self.currency)
        wrong = {misfit.field: misfit.reason for misfit in misfits}
        try:
            facts = self.check(body)
            require_coins(facts["price_cents"], facts["currency"])
        except InvalidInput as refusal:
            for each in refusal.problems:
                name = str(each["loc"][-1])
                wrong.setdefault(COLUMN_OF.get(name, name), str(each["msg"]))
        if wrong:
            problems += [self._problem(row, name, reason) for name, reason in wrong.items()]
            return None
        facts["category"] = self.catalog.categories[facts.pop("category_id")]
        facts["brand"] = self.catalog.brands.get(facts.pop("brand_id", None))
        return facts

    def _problem(self, row: Row, name: str, reason: str) -> Problem:
        name = "price_cents" if name == "price" and "price" not in self.columns.names else name
        return Problem(row.number, self.columns.names.get(name, name), reason)


def _offer(facts: dict[str, Any], seller: User) -> Listing:
    quantity, state = facts.pop("quantity", 1), facts.pop("state", Listing.State.LIVE)
    return listings.offer(seller, facts=facts, quantity=quantity, state=state)
