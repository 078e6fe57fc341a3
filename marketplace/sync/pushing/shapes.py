"""Pushes on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.common.validation import Shape
from marketplace.sync.pushing.deeds import DEEDS

MOST = 100
STATUSES = [(name, name) for name in ("applied", "duplicate", "rejected")]


class PushedOperationBody(serializers.Serializer[Any]):
    client_id = serializers.CharField(max_length=64, help_text="Made by the phone, once for each thing it did")
    type = serializers.ChoiceField(choices=[(name, name) for name in DEEDS])
    body = serializers.DictField(help_text="As at the door that does the same")


class PushBody(Shape):
    operations = serializers.ListField(child=PushedOperationBody(), max_length=MOST)


class PushedOut(serializers.Serializer[Any]):
    client_id = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES, help_text="`duplicate`: done before, and this is its result")
    result = serializers.DictField(allow_null=True)
    code = serializers.CharField(allow_null=True, help_text="Why it was rejected")
    detail = serializers.CharField(allow_null=True)


class PushOut(serializers.Serializer[Any]):
    results = PushedOut(many=True)
