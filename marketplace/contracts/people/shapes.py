"""People on the wire of the families that know them by number."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.models.person import Role
from accounts.serializers import AddressField, PasswordField, UsernameField
from accounts.services import addresses
from accounts.services.registration import NotACampusAddress
from marketplace.common.validation import Shape


class PoliMarketEmailField(AddressField):
    """What does not end as it must is told that first, whatever else may be wrong with it."""

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str) and not addresses.is_of(data.strip().lower(), settings.POLIMARKET_EMAIL_DOMAINS):
            raise NotACampusAddress
        return super().to_internal_value(data)


class StudentBody(Shape):
    """PoliMarket's."""

    name = serializers.CharField(max_length=120)
    email = PoliMarketEmailField()
    password = PasswordField(min_length=6)


class SupportBody(Shape):
    """SoporteIT's, known by its `role` or `username`. Its later app sends a `name` and no `username`."""

    role = serializers.ChoiceField(choices=Role.choices)
    username = UsernameField(required=False)
    email = AddressField()
    password = PasswordField(min_length=6)
    full_name = serializers.CharField(max_length=120, required=False, allow_null=True, allow_blank=True)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)


class RegisterForm(serializers.Serializer[Any]):
    """PoliMarket's. With a `role`, or a `username` instead of the `name`, it is SoporteIT's."""

    name = serializers.CharField(max_length=120)
    email = serializers.CharField(max_length=254)
    password = PasswordField(min_length=6)
    role = serializers.ChoiceField(choices=Role.choices, required=False)


class OAuthForm(Shape):
    """`username` is an e-mail address or a user name. Some send it as `email`."""

    username = serializers.CharField(max_length=254)
    password = PasswordField()


class SignInForm(Shape):
    username = serializers.CharField(max_length=254, required=False)
    email = serializers.CharField(max_length=254, required=False)
    password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "username" not in attrs and "email" not in attrs:
            raise serializers.ValidationError({"username": "Field required"}, code="required")
        return attrs


class ProfileForm(Shape):
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    file = serializers.FileField(required=False, help_text="A picture: JPEG, PNG or WebP")


class RegisteredOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()


class TokenOut(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    token_type = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices, allow_null=True)
