"""Disputes on the wire."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from listings.models.listing import LARGEST_CENTS
from marketplace.common.validation import Shape
from orders.models import Dispute, DisputeEvidence, DisputeStatement
from orders.models.dispute import RAISERS

LARGEST_FILE = 2**31 - 1


class OpenDisputeBody(Shape):
    order_id = serializers.UUIDField()
    raised_by = serializers.ChoiceField(choices=RAISERS)
    reason = serializers.CharField(max_length=2_000, required=False, allow_blank=True, allow_null=True)


class CloseDisputeBody(Shape):
    status = serializers.ChoiceField(choices=Dispute.Status.choices, required=False)
    comment = serializers.CharField(max_length=4_000, required=False, allow_blank=True, allow_null=True)


class ProposalBody(Shape):
    release_cents = serializers.IntegerField(
        min_value=0, max_value=LARGEST_CENTS, help_text="What the seller should get, before the fee"
    )


class StatementBody(Shape):
    text = serializers.CharField(max_length=4_000)


class EvidencePresignBody(Shape):
    filename = serializers.CharField(max_length=255)
    content_type = serializers.CharField(max_length=100)
    size = serializers.IntegerField(min_value=1, max_value=LARGEST_FILE, required=False, allow_null=True)


class EvidenceBody(Shape):
    object_key = serializers.CharField(max_length=300)
    name = serializers.CharField(max_length=255, required=False, allow_blank=True, allow_null=True)


class DisputeOut(serializers.ModelSerializer[Dispute]):
    order_id = serializers.UUIDField()
    reason = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    resolved_at = serializers.SerializerMethodField()
    release_cents = serializers.SerializerMethodField(help_text="What the seller gets of it, once it is decided")

    class Meta:
        model = Dispute
        fields = (
            *("id", "order_id", "raised_by", "reason", "status", "created_at", "resolved_at", "escalated_at"),
            *("release_cents", "buyer_proposal_cents", "seller_proposal_cents"),
        )
        read_only_fields = fields

    def get_reason(self, dispute: Dispute) -> str | None:
        return dispute.reason or None

    @extend_schema_field(serializers.ChoiceField(choices=Dispute.Status.choices))
    def get_status(self, dispute: Dispute) -> str:
        return dispute.status.value

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_resolved_at(self, dispute: Dispute) -> Any:
        return None if dispute.closing is None else serializers.DateTimeField().to_representation(dispute.closing.at)

    def get_release_cents(self, dispute: Dispute) -> int | None:
        return None if dispute.is_open else dispute.order.release_cents


class StatementOut(serializers.ModelSerializer[DisputeStatement]):
    dispute_id = serializers.UUIDField()
    author_id = serializers.UUIDField()

    class Meta:
        model = DisputeStatement
        fields = ("id", "dispute_id", "author_id", "party", "text", "created_at")
        read_only_fields = fields


class EvidenceOut(serializers.ModelSerializer[DisputeEvidence]):
    dispute_id = serializers.UUIDField()
    author_id = serializers.UUIDField()

    class Meta:
        model = DisputeEvidence
        fields = (
            *("id", "dispute_id", "author_id", "party", "name", "content_type", "size_bytes", "sha256", "created_at"),
        )
        read_only_fields = fields
