"""People on the wire of the families that know them by number."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models.person import Role


class PasserByOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()
    profile_image = serializers.CharField(allow_null=True)


class AccountOut(PasserByOut):
    """Of oneself. A superset: PoliMarket reads `name`, SoporteIT `full_name` and `role`."""

    email = serializers.CharField(allow_null=True)
    full_name = serializers.CharField(allow_null=True)
    role = serializers.ChoiceField(choices=Role.choices, allow_null=True)
    is_delivery = serializers.BooleanField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
