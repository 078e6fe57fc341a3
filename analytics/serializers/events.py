"""Events as the schema describes them. What comes in is read by `services/intake`, which is many times faster."""

from __future__ import annotations

from rest_framework import serializers

from analytics.services.intake.shapes import MOST_EVENTS
from marketplace.common.validation import Shape

ID = "A UUID; anything else is taken for none."


class TelemetryEvent(serializers.Serializer[None]):
    event_type = serializers.CharField(min_length=2, max_length=80)
    session_id = serializers.CharField(min_length=6, max_length=64)
    # Apps in the field send much that is no UUID
    id = serializers.JSONField(required=False, allow_null=True, help_text=f"Counted once, however often sent. {ID}")
    user_id = serializers.JSONField(
        required=False, allow_null=True, help_text=f"Without a token only: a token says it itself. {ID}"
    )
    listing_id = serializers.JSONField(required=False, allow_null=True, help_text=ID)
    order_id = serializers.JSONField(required=False, allow_null=True, help_text=ID)
    chat_id = serializers.JSONField(required=False, allow_null=True, help_text=ID)
    step = serializers.CharField(max_length=40, required=False, allow_null=True, allow_blank=True)
    properties = serializers.DictField(required=False, allow_null=True)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)


class TelemetryBody(Shape):
    events = serializers.ListField(child=TelemetryEvent(), max_length=MOST_EVENTS)


class RejectedEvent(serializers.Serializer[None]):
    index = serializers.IntegerField(help_text="Its place in the batch, from 0")
    code = serializers.CharField()
    message = serializers.CharField()


class TelemetryOut(serializers.Serializer[None]):
    inserted = serializers.IntegerField()
    ids = serializers.ListField(child=serializers.UUIDField(), help_text="Of the first five")
    duplicates = serializers.IntegerField(help_text="Those whose id had come before")
    rejected = RejectedEvent(many=True)


class FeatureUseBody(Shape):
    feature_key = serializers.CharField(max_length=80)
    action = serializers.CharField(max_length=80, required=False, allow_null=True, allow_blank=True)
    session_id = serializers.CharField(min_length=6, max_length=64, required=False, allow_null=True)
    listing_id = serializers.CharField(max_length=80, required=False, allow_null=True, allow_blank=True)
