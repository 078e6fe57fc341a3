"""Hand-over codes on the wire, and how somebody sells."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.common.validation import Shape
from orders.models import SellerTerms


class HandOverBody(Shape):
    code = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text="As typed")
    qr = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="As scanned")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("code") and not attrs.get("qr"):
            raise serializers.ValidationError("Send the code or what the QR says")
        return attrs


class HandoverCodeOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    qr = serializers.CharField(help_text="What the QR says; good without a network, for this order alone")


class SellingBody(Shape):
    accepts_at_once = serializers.BooleanField(required=False)
    payout_account = serializers.RegexField(
        r"^acct_[A-Za-z0-9]{8,70}$",
        required=False,
        allow_blank=True,
        help_text="The seller's connected account at the payment provider; empty removes it",
    )


class SellingOut(serializers.ModelSerializer[SellerTerms]):
    payout_account = serializers.CharField(source="shown_account", help_text="Its last four characters")

    class Meta:
        model = SellerTerms
        fields = ("accepts_at_once", "payout_account")
        read_only_fields = fields
