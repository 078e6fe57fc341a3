"""Receipts on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.common.validation import Shape

SIGNED = "Sorted by key, without blanks, in UTF-8: that is what is signed"


class ReceiptBody(Shape):
    facts = serializers.DictField()
    signature = serializers.CharField(max_length=200)


class VerifyBody(Shape):
    receipt = ReceiptBody(help_text="As it was given out; what is beside the facts and the signature is ignored")


class ReceiptFacts(serializers.Serializer[Any]):
    kind = serializers.CharField()
    order_id = serializers.UUIDField()
    order_number = serializers.IntegerField()
    buyer_id = serializers.UUIDField()
    seller_id = serializers.UUIDField()
    listing_id = serializers.UUIDField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price_cents = serializers.IntegerField()
    total_cents = serializers.IntegerField()
    released_cents = serializers.IntegerField(help_text="To the seller, before the fee")
    refunded_cents = serializers.IntegerField()
    fee_cents = serializers.IntegerField()
    currency = serializers.CharField()
    ordered_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField()
    history_hash = serializers.CharField()


class ReceiptOut(serializers.Serializer[Any]):
    facts = ReceiptFacts(help_text=SIGNED)
    algorithm = serializers.CharField()
    key_id = serializers.CharField()
    signature = serializers.CharField(help_text="Base64")


class ReceiptKeyOut(serializers.Serializer[Any]):
    algorithm = serializers.CharField()
    key_id = serializers.CharField()
    public_key = serializers.CharField(help_text="The 32 bytes of it in base64")


class VerdictOut(serializers.Serializer[Any]):
    valid = serializers.BooleanField(help_text="We signed exactly this")
    matches_records = serializers.BooleanField(help_text="And it is what our records say today")
