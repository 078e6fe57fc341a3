"""What a thing might be asked for: compared with what others ask, and honest about how little that may be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from listings.models import Category, Listing, PriceSuggestion
from listings.querysets.quartiles import Quartiles, quartiles_of
from listings.services import price_math
from listings.services.listings import ListingNotFound
from listings.services.priors import WINDOW, prior_for
from marketplace.common.errors import NotFound
from marketplace.common.money import coin_of

Algorithm = PriceSuggestion.Algorithm

LEAST_LOCAL = 3  # fewer are an anecdote: the price when new says more, if it is known
ENOUGH_ALIKE = 8  # so many in the same condition, and other conditions are left out
MEDIUM_FROM, HIGH_FROM = 8, 20
SHOWN = 5


class NothingToSuggest(NotFound):
    code = "no_price_suggestion"
    detail = "No price suggestion available"


@dataclass(frozen=True)
class Question:
    category_id: UUID | None = None
    brand_id: UUID | None = None
    condition: str | None = None
    msrp_cents: int | None = None
    months_since_release: int = 0
    rounding_quantum: int = 100
    currency: str = "COP"


@dataclass(frozen=True)
class Suggestion:
    """`n` is how many offers the numbers rest on; ids are empty for one that was not kept."""

    algorithm: str
    p25: int
    p50: int
    p75: int
    n: int
    currency: str
    id: str = ""
    listing_id: str = ""
    created_at: datetime | None = None

    @property
    def suggested_price_cents(self) -> int:
        return self.p50

    @property
    def confidence(self) -> str:
        if self.algorithm == Algorithm.FALLBACK:
            return "none"
        if self.algorithm == Algorithm.MSRP or self.n < MEDIUM_FROM:
            return "low"
        is_direct = self.algorithm != Algorithm.PRIOR_ONLY
        return "high" if is_direct and self.n >= HIGH_FROM else "medium"


def suggest(question: Question, *, asker: User, now: datetime) -> Suggestion:
    """Nothing is kept. 404 where any number would be made up: an unknown category, or another currency's fallback."""
    if question.category_id and not Category.objects.shown().filter(pk=question.category_id).exists():
        raise NothingToSuggest
    algorithm, found = _estimate(question, asker=asker, now=now)
    coin = coin_of(question.currency)
    prices = price_math.rounded(found, -(-question.rounding_quantum // coin) * coin)
    return Suggestion(
        algorithm=algorithm, p25=prices.p25, p50=prices.p50, p75=prices.p75, n=found.n, currency=question.currency
    )


@transaction.atomic
def suggest_for(listing_id: UUID, *, owner: User, wanted: dict[str, Any], now: datetime) -> Suggestion:
    """For one's own listing: what is not said is taken from it, and the answer is kept."""
    listing = _own(listing_id, owner)
    known = {"category_id": listing.category_id, "brand_id": listing.brand_id}
    if listing.condition in price_math.CONDITIONS:
        known["condition"] = listing.condition
    said = {name: value for name, value in wanted.items() if value is not None}
    question = Question(**{**known, **said, "currency": listing.currency})
    given = suggest(question, asker=owner, now=now)
    row = PriceSuggestion.objects.create(
        listing=listing,
        suggested_price_cents=given.suggested_price_cents,
        currency=given.currency,
        algorithm=given.algorithm,
        p25=given.p25,
        p50=given.p50,
        p75=given.p75,
        n=given.n,
        created_at=now,
    )
    return replace(given, id=str(row.pk), listing_id=str(listing.pk), created_at=now)


def recent(listing_id: UUID, *, owner: User) -> list[Suggestion]:
    """The newest that were kept for one's own listing."""
    rows = _own(listing_id, owner).price_suggestions.order_by("-pk")[:SHOWN]
    return [_kept(row) for row in rows]


def _own(listing_id: UUID, owner: User) -> Listing:
    listing: Listing | None = Listing.objects.of(owner).filter(pk=listing_id).first()
    if listing is None:
        raise ListingNotFound
    return listing


def _kept(row: PriceSuggestion) -> Suggestion:
    return Suggestion(
        algorithm=row.algorithm,
        p25=row.p25,
        p50=row.p50,
        p75=row.p75,
        n=row.n,
        currency=row.currency,
        id=str(row.pk),
        listing_id=str(row.listing_id),
        created_at=row.created_at,
    )


def _estimate(question: Question, *, asker: User, now: datetime) -> tuple[str, Quartiles]:
    """The first of the five roads that leads somewhere."""
    local, prior = _local(question, asker=asker, now=now), _prior(question)
    if local and prior:
        return Algorithm.MIX, price_math.mixed(prior, local)
    if local and local.n >= LEAST_LOCAL:
        return Algorithm.LOCAL_MEDIAN, local
    if prior:
        return Algorithm.PRIOR_ONLY, prior
    if question.msrp_cents:
        months, condition = question.months_since_release, question.condition
        return Algorithm.MSRP, price_math.from_msrp(question.msrp_cents, months=months, condition=condition)
    if local:
        return Algorithm.LOCAL_MEDIAN, local
    if question.currency != Question.currency:
        raise NothingToSuggest  # the fallback is in pesos; the same number of dollars would be absurd
    return Algorithm.FALLBACK, price_math.around(price_math.FALLBACK_CENTS)


def _local(question: Question, *, asker: User, now: datetime) -> Quartiles | None:
    """What others ask now for the same kind of thing; in the same condition, where there are enough of those."""
    if not (question.category_id or question.brand_id):
        return None
    rows = Listing.objects.on_offer().exclude(seller=asker)
    rows = rows.filter(currency=question.currency, price_cents__gt=0, created_at__gte=now - WINDOW)
    if question.category_id:
        rows = rows.in_category(Category.objects.family_of(question.category_id))
    if question.brand_id:
        rows = rows.filter(brand=question.brand_id)
    if question.condition:
        alike = quartiles_of(rows.filter(condition__iexact=question.condition))
        if alike and alike.n >= ENOUGH_ALIKE:
            return alike
    return quartiles_of(rows)


def _prior(question: Question) -> Quartiles | None:
    if not question.category_id:
        return None
    return prior_for(
        question.category_id,
        brand_id=question.brand_id,
        condition=question.condition,
        currency=question.currency,
    )
