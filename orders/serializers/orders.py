"""Orders as the campus apps know them, with what they may ignore beside it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from listings.models.listing import LARGEST_CENTS
from listings.serializers.listings import CurrencyField
from marketplace.common.validation import QueryShape, Shape
from orders.lifecycle import EscrowStatus, State, Status
from orders.models import Escrow, Operation, Order, OrderEvent

PAYMENT_STATUSES = [(name, name) for name in ("pending", "completed", "failed", "refunded", "cancelled")]
INCLUDES = ("payments", "escrow", "status_history")


# ── In ───────────────────────────────────────────────────────────────────────────────────────────


class PlaceOrderBody(Shape):
    listing_id = serializers.UUIDField()
    quantity = serializers.IntegerField(
        min_value=1, max_value=1_000_000, required=False, help_text="As agreed in the offer, else one"
    )
    client_id = serializers.UUIDField(required=False, allow_null=True)
    total_cents = serializers.IntegerField(min_value=0, max_value=LARGEST_CENTS, required=False, allow_null=True)
    currency = CurrencyField(required=False, allow_null=True)
    offer_id = serializers.UUIDField(required=False, allow_null=True, help_text="An accepted offer: its price is good")


class ReasonBody(Shape):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, allow_null=True)


class ShipBody(Shape):
    tracking_number = serializers.CharField(max_length=120, required=False, allow_blank=True, allow_null=True)


class PaymentBody(Shape):
    order_id = serializers.UUIDField()
    provider_ref = serializers.CharField(max_length=120, required=False, allow_blank=True, allow_null=True)


class OperatorShipBody(ShipBody, ReasonBody):
    """`reason` is read of operators alone, who have to give one."""


class RefundBody(PaymentBody, ReasonBody):
    """`reason` is read of operators alone, who have to give one."""


class EscrowStepBody(Shape):
    escrow_id = serializers.UUIDField()
    order_id = serializers.UUIDField(required=False, allow_null=True)
    step = serializers.CharField(max_length=40)
    result = serializers.CharField(max_length=20)


class OrdersQuery(QueryShape):
    role = serializers.ChoiceField(choices=["buyer", "seller"], required=False)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    page = serializers.IntegerField(min_value=1, max_value=10_000, required=False, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=200, required=False, default=100)

    @classmethod
    def read(cls, data: Any, **kwargs: Any) -> dict[str, Any]:
        return super().read({name: value for name, value in data.items() if value != ""}, **kwargs)


class IncludeQuery(QueryShape):
    include = serializers.CharField(required=False, help_text=f"Of {', '.join(INCLUDES)}, with commas between")


def includes_in(query: Any) -> frozenset[str]:
    asked = IncludeQuery.read(query).get("include", "")
    return frozenset(asked.replace(" ", "").split(",")) & frozenset(INCLUDES)


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────


class EscrowOut(serializers.ModelSerializer[Escrow]):
    order_id = serializers.UUIDField()
    status = serializers.SerializerMethodField()
    amount_cents = serializers.IntegerField(source="order.total_cents")
    currency = serializers.CharField(source="order.currency")

    class Meta:
        model = Escrow
        fields = ("id", "order_id", "status", "amount_cents", "currency", "created_at")
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=EscrowStatus.choices))
    def get_status(self, escrow: Escrow) -> str:
        return escrow.order.escrow_status.value


class StatusChangeOut(serializers.ModelSerializer[OrderEvent]):
    order_id = serializers.UUIDField()
    from_status = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="at")

    class Meta:
        model = OrderEvent
        fields = ("id", "order_id", "from_status", "to_status", "reason", "created_at")
        read_only_fields = fields

    def get_from_status(self, event: OrderEvent) -> str | None:
        return event.from_status or None

    def get_reason(self, event: OrderEvent) -> str | None:
        return event.reason or None


class PaymentOut(serializers.ModelSerializer[Operation]):
    """One attempt to pay, with what has become of its money since."""

    order_id = serializers.UUIDField()
    status = serializers.SerializerMethodField(help_text="pending, completed, failed, refunded or cancelled")
    provider_ref = serializers.SerializerMethodField()
    next_action = serializers.JSONField(allow_null=True)

    class Meta:
        model = Operation
        fields = (
            *("id", "order_id", "amount_cents", "currency", "status", "provider", "provider_ref", "next_action"),
            *("created_at",),
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=PAYMENT_STATUSES))
    def get_status(self, operation: Operation) -> str:
        if operation.is_open:
            return "pending"
        if operation.state == Operation.State.FAILED:
            return "failed"
        ends = {State.REFUNDED: "refunded", State.CANCELLED: "cancelled", State.EXPIRED: "cancelled"}
        return ends.get(State(operation.order.state), "completed")

    def get_provider_ref(self, operation: Operation) -> str | None:
        return operation.client_ref or operation.provider_ref or None


class OrderOut(serializers.ModelSerializer[Order]):
    escrow_id = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = (
            *("id", "buyer_id", "seller_id", "listing_id", "total_cents", "currency", "status", "created_at"),
            *("updated_at", "quantity", "unit_price_cents", "fee_cents", "escrow_id", "state", "version"),
            *("client_id", "tracking_number"),
        )
        read_only_fields = fields

    def get_escrow_id(self, order: Order) -> str | None:
        escrow = getattr(order, "escrow", None)
        return None if escrow is None else str(escrow.pk)


class OrderDetailOut(OrderOut):
    """With what was asked for in `include`."""

    payments = PaymentOut(many=True, required=False)
    escrow = EscrowOut(required=False)
    status_history = StatusChangeOut(many=True, required=False)

    class Meta(OrderOut.Meta):
        fields = (*OrderOut.Meta.fields, *INCLUDES)  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class PaidOrderOut(OrderOut):
    payment_id = serializers.UUIDField(allow_null=True)

    class Meta(OrderOut.Meta):
        fields = (*OrderOut.Meta.fields, "payment_id")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class CapturedOut(serializers.Serializer[Any]):
    captured = serializers.BooleanField()


class RefundedOut(serializers.Serializer[Any]):
    refunded = serializers.BooleanField()


class ExplainOut(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=State.choices)
    status = serializers.ChoiceField(choices=Status.choices)
    waits_for = serializers.ListField(child=serializers.CharField(), help_text="Who can act now")
    allowed = serializers.ListField(child=serializers.CharField(), help_text="What the caller can do now")
    until = serializers.DateTimeField(allow_null=True)
    if_nobody_acts = serializers.CharField()
    money = serializers.CharField(help_text="Where it is")
    text = serializers.CharField()
