"""Reviews and scores on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.common.validation import Shape
from orders.models import Review


class OrderReviewBody(Shape):
    rating = serializers.IntegerField(min_value=1, max_value=5)
    comment = serializers.CharField(max_length=2_000, required=False, allow_blank=True, allow_null=True)


class ReviewBody(OrderReviewBody):
    order_id = serializers.UUIDField()
    ratee_id = serializers.UUIDField()


class ReviewOut(serializers.ModelSerializer[Review]):
    order_id = serializers.UUIDField()
    rater_id = serializers.UUIDField()
    ratee_id = serializers.UUIDField()
    comment = serializers.SerializerMethodField()

    class Meta:
        model = Review
        fields = ("id", "order_id", "rater_id", "ratee_id", "ratee_was", "rating", "comment", "created_at")
        read_only_fields = fields

    def get_comment(self, review: Review) -> str | None:
        return review.comment or None


class ScoreOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    score = serializers.FloatField(allow_null=True, help_text="The mean, drawn towards the ordinary while few judged")


class ScoresOut(serializers.Serializer[Any]):
    lifetime = ScoreOut()
    last_12_months = ScoreOut()


class PersonRatingOut(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    as_buyer = ScoresOut()
    as_seller = ScoresOut()
