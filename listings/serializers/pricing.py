"""Price suggestions on the wire."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, ngettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from listings.models import PriceSuggestion
from listings.models.listing import LARGEST_CENTS
from listings.serializers.listings import CurrencyField, OptionalKeyField
from listings.services.price_math import CONDITIONS
from listings.services.pricing import Suggestion
from listings.services.priors import WINDOW
from marketplace.common.validation import QueryShape, Shape

Algorithm = PriceSuggestion.Algorithm
CONFIDENCE = [(word, word) for word in ("high", "medium", "low", "none")]


class WantedFields(serializers.Serializer[Any]):
    category_id = OptionalKeyField()
    brand_id = OptionalKeyField()
    condition = serializers.ChoiceField(choices=list(CONDITIONS), required=False, allow_null=True)
    msrp_cents = serializers.IntegerField(min_value=0, max_value=LARGEST_CENTS, required=False, allow_null=True)
    months_since_release = serializers.IntegerField(min_value=0, max_value=12_000, required=False, allow_null=True)
    rounding_quantum = serializers.IntegerField(min_value=1, max_value=10_000, required=False, default=100)


class SuggestionQuery(WantedFields, QueryShape):
    currency = CurrencyField(required=False)


class SuggestionBody(WantedFields, Shape):
    pass


class SuggestionOut(serializers.Serializer[Suggestion]):
    """`id` and `listing_id` are strings in every reply: one app cannot read a null there."""

    id = serializers.CharField(help_text="Empty when the suggestion was not kept")
    listing_id = serializers.CharField(help_text="Empty when it was not asked for a listing")
    suggested_price_cents = serializers.IntegerField()
    currency = serializers.CharField()
    algorithm = serializers.ChoiceField(choices=Algorithm.choices)
    source = serializers.ChoiceField(choices=Algorithm.choices, source="algorithm")  # type: ignore[assignment]
    created_at = serializers.DateTimeField(allow_null=True)
    p25 = serializers.IntegerField()
    p50 = serializers.IntegerField()
    p75 = serializers.IntegerField()
    n = serializers.IntegerField(help_text="How many offers the numbers rest on")
    confidence = serializers.ChoiceField(choices=CONFIDENCE)
    explanation = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string", "description": "In the language of Accept-Language"})
    def get_explanation(self, suggestion: Suggestion) -> str:
        said = _basis(suggestion.algorithm, suggestion.n) % {"n": suggestion.n, "days": WINDOW.days}
        if suggestion.confidence == "low" and suggestion.algorithm != Algorithm.MSRP:
            said += " " + gettext("There are few to go by, so take it as a rough idea.")
        return said


def _basis(algorithm: str, n: int) -> str:
    match algorithm:
        case Algorithm.LOCAL_MEDIAN:
            return ngettext(
                "Compared with %(n)d similar offer of the last %(days)d days.",
                "Compared with %(n)d similar offers of the last %(days)d days.",
                n,
            )
        case Algorithm.MIX:
            return ngettext(
                "Compared with %(n)d similar offer of the last %(days)d days, and with what its category usually asks.",
                "Compared with %(n)d similar offers of the last %(days)d days,"
                " and with what their category usually asks.",
                n,
            )
        case Algorithm.PRIOR_ONLY:
            return ngettext(
                "Nothing quite like it is on offer. This is what its category usually asks, from %(n)d offer.",
                "Nothing quite like it is on offer. This is what its category usually asks, from %(n)d offers.",
                n,
            )
        case Algorithm.MSRP:
            return gettext(
                "There are hardly any offers to compare with."
                " This is estimated from the price when new, its age and its condition."
            )
    return gettext("There is nothing to compare with: this is a placeholder, not an estimate.")
