"""What providers tell us, and what people play with the simulated one."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.common.validation import Shape
from orders.models import SimulatorFault


class NotificationBody(serializers.Serializer[Any]):
    pass


class ReceivedOut(serializers.Serializer[Any]):
    received = serializers.BooleanField()


class PracticeConfirmBody(Shape):
    succeeds = serializers.BooleanField(required=False, default=True)


class PracticeFaultBody(Shape):
    fault = serializers.ChoiceField(choices=SimulatorFault.Fault.choices)
