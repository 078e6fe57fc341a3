"""Shapes of people on `/v1`: what may come in, and what of a person is shown to whom."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Device, PersonReport, Session, User
from accounts.services import addresses
from marketplace.common.storage import get_store
from marketplace.common.validation import QueryShape, Shape

USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@extend_schema_field({"type": "string", "format": "email", "maxLength": 254})
class AddressField(serializers.CharField):
    """An e-mail address in its one spelling; see `services/addresses.py`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 254, "trim_whitespace": False, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        try:
            return addresses.normalized(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error), code="value_error") from error


@extend_schema_field({"type": "string", "pattern": f"^{USERNAME.pattern}$", "minLength": 3, "maxLength": 50})
class UsernameField(serializers.CharField):
    pattern = USERNAME

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_length": 3, "max_length": 50, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if not self.pattern.fullmatch(text):
            raise serializers.ValidationError("Use letters, digits, '.', '_' and '-'", code="value_error")
        return text


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 128, "trim_whitespace": False, "write_only": True, **kwargs})


# ── In ───────────────────────────────────────────────────────────────────────────────────────────


class RegisterBody(Shape):
    name = serializers.CharField(min_length=2, max_length=120)
    email = AddressField()
    password = PasswordField(min_length=8)
    campus = serializers.CharField(max_length=120, required=False, allow_null=True, allow_blank=True)


class LoginBody(Shape):
    email = serializers.CharField(max_length=254)
    password = PasswordField()


class RefreshBody(Shape):
    refresh_token = serializers.CharField(max_length=4096)


class LogoutBody(Shape):
    everywhere = serializers.BooleanField(default=False)


class ChangePasswordBody(Shape):
    current_password = PasswordField()
    new_password = PasswordField(min_length=8)


class MailBody(Shape):
    email = AddressField()


class ResetPasswordBody(Shape):
    token = serializers.CharField(max_length=500)
    password = PasswordField(min_length=8)


class TokenBody(Shape):
    token = serializers.CharField(max_length=500)


class ProfileBody(Shape):
    name = serializers.CharField(min_length=2, max_length=120, required=False)
    campus = serializers.CharField(max_length=120, required=False, allow_null=True, allow_blank=True)
    username = UsernameField(required=False)
    email = AddressField(required=False)
    current_password = PasswordField(required=False)
    is_discoverable = serializers.BooleanField(required=False)
    shows_last_seen = serializers.BooleanField(required=False)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class EmailQuery(QueryShape):
    email = AddressField()


class DeviceBody(Shape):
    platform = serializers.ChoiceField(choices=Device.Platform.choices)
    push_token = serializers.CharField(max_length=4096, required=False, allow_null=True, allow_blank=True)
    app_version = serializers.CharField(max_length=40, required=False, allow_null=True, allow_blank=True)


@extend_schema_field({"type": "string", "pattern": "^[0-9a-fA-F]{64}$"})
class DigestField(serializers.CharField):
    """64 hexadecimal digits, in either case, as bytes."""

    def to_internal_value(self, data: Any) -> bytes:  # type: ignore[override]
        text: str = super().to_internal_value(data)
        if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
            raise serializers.ValidationError("String should be a SHA-256 in hexadecimal", code="value_error")
        return bytes.fromhex(text)


class ContactsBody(Shape):
    email_hashes = serializers.ListField(child=DigestField(), max_length=500)


class ReportBody(Shape):
    reason = serializers.ChoiceField(choices=PersonReport.Reason.choices)
    text = serializers.CharField(max_length=1000, required=False, default="", allow_blank=True)


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────


class TokenPairOut(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()


class PersonOut(serializers.ModelSerializer[User]):
    """What anybody may see of a person: never an e-mail address."""

    name = serializers.CharField(source="display_name")
    picture = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ("id", "username", "name", "picture")

    def get_picture(self, person: User) -> str | None:
        return get_store().public_url(person.picture) if person.picture else None


class MeOut(PersonOut):
    """What a person sees of themselves; a superset of what the campus apps read."""

    last_login_at = serializers.DateTimeField(source="last_login", allow_null=True)

    class Meta:
        model = User
        fields = (
            *PersonOut.Meta.fields,
            "email",
            "email_verified_at",
            "campus",
            "is_discoverable",
            "shows_last_seen",
            "language",
            "created_at",
            "last_login_at",
        )


class SessionOut(serializers.ModelSerializer[Session]):
    is_current = serializers.SerializerMethodField()
    last_used_at = serializers.DateTimeField(source="rotated_at")

    class Meta:
        model = Session
        fields = ("id", "surface", "user_agent", "address", "created_at", "last_used_at", "is_current")

    def get_is_current(self, session: Session) -> bool:
        return bool(session.pk == self.context.get("current"))


class DeviceOut(serializers.ModelSerializer[Device]):
    class Meta:
        model = Device
        fields = ("id", "user_id", "platform", "push_token", "app_version", "created_at")


class ContactOut(serializers.Serializer[Any]):
    """`email` is always empty: who asked knows the address behind the hash, and nobody else shall."""

    user_id = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField()
    picture = serializers.CharField(allow_null=True)
    email = serializers.CharField()
    email_hash = serializers.CharField()


class ReportOut(serializers.ModelSerializer[PersonReport]):
    class Meta:
        model = PersonReport
        fields = ("id", "reason", "state", "created_at")


class DoneOut(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
