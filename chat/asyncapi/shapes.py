"""JSON Schema in few words, and of serializers that already say how something looks."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chat.realtime.product_commands import LARGEST_SEQ

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
UUID: Schema = {"type": "string", "format": "uuid"}
TIME: Schema = {"type": "string", "format": "date-time"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
SEQ: Schema = {"type": "integer", "minimum": 0, "maximum": LARGEST_SEQ}
ANYTHING: Schema = {"type": "object"}

_PLAIN: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], Schema], ...] = (
    (serializers.UUIDField, UUID),
    (serializers.DateTimeField, TIME),
    (serializers.BooleanField, FLAG),
    (serializers.IntegerField, {"type": "integer"}),
    (serializers.DictField, ANYTHING),
    (serializers.CharField, TEXT),
)


def text(longest: int, shortest: int = 0) -> Schema:
    return {"type": "string", "minLength": shortest, "maxLength": longest}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": sorted(values)}


def some(schema: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": schema, **({} if most is None else {"maxItems": most})}


def by_key(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def shape(*, may: dict[str, Schema] | None = None, **must: Schema) -> Schema:
    """`must` are always there, `may` only sometimes."""
    return {"type": "object", "required": sorted(must), "properties": {**must, **(may or {})}}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def of(serializer: serializers.Serializer[Any]) -> Schema:
    return shape(**{name: _field(field) for name, field in serializer.fields.items()})


def _field(field: Any) -> Schema:
    found = _inner(field)
    return or_null(found) if field.allow_null else found


def _inner(field: Any) -> Schema:
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        return some(_inner(field.child))
    if isinstance(field, serializers.Serializer):
        return of(field)
    if isinstance(field, serializers.ChoiceField):
        return one_of(*map(str, field.choices))
    return next(schema for kind, schema in _PLAIN if isinstance(field, kind))
