"""Shapes of notifications and of how people want them, on `/v1`."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Notification
from accounts.notices import kinds
from accounts.notices.choices import Choice, QuietHours
from accounts.notices.kinds import Channel, Kind
from accounts.notices.quiet import time_zones
from marketplace.common.paging import CursorQuery
from marketplace.common.validation import Shape

TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")

# ── In ───────────────────────────────────────────────────────────────────────────────────────────


class NotificationsQuery(CursorQuery):
    unread = serializers.BooleanField(required=False, default=False)


class ReadAllBody(Shape):
    up_to = serializers.UUIDField(required=False, allow_null=True, default=None)


class KindField(serializers.CharField):
    def to_internal_value(self, data: Any) -> Kind:  # type: ignore[override]
        try:
            return kinds.named(super().to_internal_value(data))
        except LookupError as error:
            raise serializers.ValidationError("No such kind of notification", code="value_error") from error


class ChoiceBody(serializers.Serializer[Any]):
    kind = KindField()
    in_app = serializers.BooleanField()
    push = serializers.BooleanField()
    email = serializers.BooleanField()


@extend_schema_field({"type": "string", "pattern": f"^{TIME_OF_DAY.pattern}$", "example": "22:30"})
class TimeOfDayField(serializers.TimeField):
    """On the clock of the person's own zone: an offset would say something else, and is refused."""

    def to_internal_value(self, value: Any) -> time:
        if not isinstance(value, str) or not TIME_OF_DAY.fullmatch(value):
            self.fail("invalid", format="hh:mm[:ss]")
        return time.fromisoformat(value)


class QuietHoursShape(serializers.Serializer[Any]):
    quiet_from = TimeOfDayField(allow_null=True)
    quiet_until = TimeOfDayField(allow_null=True)
    time_zone = serializers.CharField(max_length=60)

    def validate_time_zone(self, name: str) -> str:
        if name not in time_zones():
            raise serializers.ValidationError("Input should be the name of an IANA time zone", code="value_error")
        return name

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        begins, ends = attrs["quiet_from"], attrs["quiet_until"]
        if (begins is None) != (ends is None) or (begins is not None and begins == ends):
            raise serializers.ValidationError("Quiet hours need a beginning and another end", code="value_error")
        return attrs


class PreferencesBody(Shape):
    """Kinds that are not named, and quiet hours that are not sent, stay as they are."""

    kinds = ChoiceBody(many=True, required=False, default=list)
    quiet_hours = QuietHoursShape(required=False)


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────


class NotificationOut(serializers.ModelSerializer[Notification]):
    class Meta:
        model = Notification
        fields = ("id", "kind", "title", "body", "data", "created_at", "read_at")


class NotificationPage(serializers.Serializer[Any]):
    items = NotificationOut(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    has_next = serializers.BooleanField()


class UnreadOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class ChannelsOut(serializers.Serializer[Any]):
    in_app = serializers.BooleanField()
    push = serializers.BooleanField()
    email = serializers.BooleanField()


class PreferenceOut(ChannelsOut):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not the attribute
    defaults = ChannelsOut()
    mandatory = ChannelsOut()


class PreferencesOut(serializers.Serializer[Any]):
    kinds = PreferenceOut(many=True)
    quiet_hours = QuietHoursShape()


def preferences(choices: list[Choice], quiet_hours: QuietHours) -> dict[str, Any]:
    return {"kinds": [_preference(choice) for choice in choices], "quiet_hours": QuietHoursShape(quiet_hours).data}


def _preference(choice: Choice) -> dict[str, Any]:
    kind = choice.kind
    return {
        "kind": kind.name,
        "label": str(kind.label),
        **_flags(choice.channels),
        "defaults": _flags(kind.channels | kind.mandatory),
        "mandatory": _flags(kind.mandatory),
    }


def _flags(channels: frozenset[Channel]) -> dict[str, bool]:
    return {channel.value: channel in channels for channel in Channel}


def chosen(body: dict[str, Any]) -> dict[Kind, frozenset[Channel]]:
    """A kind named twice means what was said last."""
    return {entry["kind"]: frozenset(channel for channel in Channel if entry[channel.value]) for entry in body["kinds"]}


def quiet_hours(body: dict[str, Any]) -> QuietHours | None:
    return QuietHours(**body["quiet_hours"]) if "quiet_hours" in body else None
