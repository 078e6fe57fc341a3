"""Serializer errors in FastAPI's words: `{"detail": [{"type", "loc", "msg", "input"}]}`.

Five client families were written against pydantic; one of them maps `string_too_short` to a form field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from marketplace.common.errors import InvalidInput
from marketplace.common.redaction import HIDDEN

Loc = list[str | int]

# DRF's code -> pydantic's type, and its sentence where ours would differ
TYPES: dict[str, tuple[str, str | None]] = {
    "required": ("missing", "Field required"),
    "null": ("none_not_allowed", "Input should not be null"),
    "blank": ("string_too_short", None),
    "min_length": ("string_too_short", None),
    "max_length": ("string_too_long", None),
    "min_value": ("greater_than_equal", None),
    "max_value": ("less_than_equal", None),
    "invalid_choice": ("literal_error", None),
    "not_a_list": ("list_type", "Input should be a valid list"),
    "not_a_dict": ("dict_type", "Input should be a valid dictionary"),
    "empty": ("too_short", "List should not be empty"),
    "max_items": ("too_long", None),
}
INVALID_BY_FIELD: list[tuple[type[serializers.Field[Any, Any, Any, Any]], str, str]] = [
    (serializers.EmailField, "value_error", "value is not a valid email address"),
    (serializers.UUIDField, "uuid_parsing", "Input should be a valid UUID"),
    (serializers.BooleanField, "bool_parsing", "Input should be a valid boolean"),
    (serializers.IntegerField, "int_parsing", "Input should be a valid integer"),
    (serializers.FloatField, "float_parsing", "Input should be a valid number"),
    (serializers.DateTimeField, "datetime_from_date_parsing", "Input should be a valid datetime"),
    (serializers.CharField, "string_type", "Input should be a valid string"),
]
SECRET_WORDS = ("password", "token", "secret", "code")


# A docstring here would describe every request body in the public schema.
class Shape(serializers.Serializer[Any]):  # checks what came in, never saves; a misfit is an `InvalidInput`
    source_name = "body"

    @classmethod
    def read(cls, data: Any, **kwargs: Any) -> dict[str, Any]:
        """The checked values, or `InvalidInput`."""
        if not kwargs:
            with suppress(serializers.ValidationError):  # what is wrong, and where, is found out below
                return dict(_kept(cls).run_validation(data))
        shape = cls(data=data, **kwargs)
        if not shape.is_valid():
            raise InvalidInput(list(problems_of(shape, [cls.source_name])))
        return dict(shape.validated_data)


class QueryShape(Shape):  # the same for a query string; repeated names take the last value, as FastAPI does
    source_name = "query"


@lru_cache(maxsize=512)
def _kept(kind: type[Shape]) -> Shape:
    """One for all requests: to copy the fields for each of them takes longer than to check its values."""
    return kind(data={})


def problems_of(shape: serializers.BaseSerializer[Any], loc: Loc) -> Iterator[dict[str, Any]]:
    yield from _walk(shape.errors, shape, shape.initial_data, loc)


def _walk(errors: Any, field: Any, given: Any, loc: Loc) -> Iterator[dict[str, Any]]:
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            if name in ("non_field_errors", "__all__"):
                yield from _walk(inner, None, given, loc)
            else:
                yield from _walk(inner, _child(field, name), _value(given, name), [*loc, name])
    elif isinstance(errors, list):
        for item in errors:
            yield from _walk(item, field, given, loc)
    else:
        yield problem(errors, field, given, loc)


def _child(field: Any, name: str | int) -> Any:
    if isinstance(field, serializers.Serializer):
        return field.fields.get(str(name))
    return getattr(field, "child", None)


def _value(given: Any, name: str | int) -> Any:
    if isinstance(given, Mapping):
        return given.get(name)
    if isinstance(given, list) and isinstance(name, int) and name < len(given):
        return given[name]
    return None


def problem(error: Any, field: Any, given: Any, loc: Loc) -> dict[str, Any]:
    code: str = (error.code if isinstance(error, ErrorDetail) else None) or "value_error"
    kind, sentence = _pydantic(code, field, str(error))
    return {"type": kind, "loc": loc, "msg": sentence, "input": _echo(given, loc, code)}


def _pydantic(code: str, field: Any, text: str) -> tuple[str, str]:
    if code in ("blank", "min_length"):
        least = max(getattr(field, "min_length", None) or 1, 1)
        return "string_too_short", f"String should have at least {_characters(least)}"
    if code == "empty" and isinstance(field, serializers.FileField):
        return "value_error", text  # no schema can say that a file has something in it
    if code == "max_length" and isinstance(field, serializers.ListField):
        return "too_long", f"List should have at most {field.max_length} items"
    if code == "max_length" and getattr(field, "max_length", None):
        return "string_too_long", f"String should have at most {_characters(field.max_length)}"
    if code in ("min_value", "max_value"):
        side, word = ("min_value", "greater") if code == "min_value" else ("max_value", "less")
        return TYPES[code][0], f"Input should be {word} than or equal to {getattr(field, side, '')}".rstrip()
    if code == "invalid_choice" and field is not None:
        return "literal_error", "Input should be " + " or ".join(f"'{key}'" for key in field.choices)
    if code == "invalid":
        return next(
            ((kind, sentence) for cls, kind, sentence in INVALID_BY_FIELD if isinstance(field, cls)),
            ("value_error", text),
        )
    kind, sentence = TYPES.get(code, ("value_error", None))
    return kind, sentence or text


def _characters(count: int) -> str:
    return f"{count} character" if count == 1 else f"{count} characters"


def _echo(given: Any, loc: Loc, code: str) -> Any:
    """What was sent, as FastAPI shows it, but never a secret and never a long text."""
    if any(word in str(part).lower() for part in loc for word in SECRET_WORDS):
        return HIDDEN
    if code == "required" or isinstance(given, (dict, list)):
        return None
    return given[:200] if isinstance(given, str) else given
