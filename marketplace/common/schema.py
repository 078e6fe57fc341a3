"""OpenAPI: what every operation shares, written once."""

from __future__ import annotations

import inspect
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["detail", "code"],
    "properties": {
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "For programs: stable, in snake_case"},
        "request_id": {"type": "string", "nullable": True},
    },
}
VALIDATION_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["detail", "code"],
    "properties": {
        "detail": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "loc", "msg"],
                "properties": {
                    "type": {"type": "string"},
                    "loc": {
                        "type": "array",
                        "items": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
                    },
                    "msg": {"type": "string"},
                    "input": {},
                },
            },
        },
        "code": {"type": "string"},
        "request_id": {"type": "string", "nullable": True},
    },
}
REFUSED = OpenApiResponse({"$ref": "#/components/schemas/Error"}, "These credentials open no door")
NOTHING = OpenApiResponse({"$ref": "#/components/schemas/Error"}, "There is nothing, or nothing for you")
NOBODY = OpenApiResponse({"$ref": "#/components/schemas/Error"}, "There is no such person, as far as you may know")
BINARY = {(200, "application/octet-stream"): OpenApiTypes.BINARY}
ALWAYS = {"400": "Bad request", "413": "Body too large", "429": "Rate limit exceeded", "503": "Try again"}


class MarketSchema(AutoSchema):
    """One tag per client contract: as its door says, or from the first part of the path."""

    def map_parsers(self) -> list[str]:
        return ["application/json"]  # the parser forgives a missing type; nobody should count on it

    def get_description(self) -> str:  # type: ignore[override]  # a mixin of DRF names an argument
        """What is said of the method or of the very door: a base class speaks to those who write doors."""
        action = getattr(self.view, getattr(self.view, "action", self.method.lower()), None)
        return get_doc(action) or inspect.cleandoc(vars(type(self.view)).get("__doc__") or "")

    def get_tags(self) -> list[str]:
        contracts = getattr(self.view, "contracts", ())
        if contracts:
            return list(contracts)
        parts = [part for part in self.path.split("/") if part and not part.startswith("{")]
        if parts[:1] == ["v1"]:
            return [parts[1]] if len(parts) > 1 else ["v1"]
        return ["service"]

    def get_operation_id(self) -> str:
        """Of the same path under `/v1` and at the root, the latter says whose it is."""
        name: str = super().get_operation_id()
        contracts = getattr(self.view, "contracts", ())
        return "_".join([*contracts[:1], name]).replace(" ", "_").lower() if contracts else name


def add_error_responses(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Errors have one shape everywhere, so no view repeats it."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Error"], schemas["ValidationError"] = ERROR, VALIDATION_ERROR
    for path in result["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return result


def _complete(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for status, text in _errors_of(method, operation).items():
        responses.setdefault(status, _response(text, "Error"))
    if "requestBody" in operation or operation.get("parameters"):
        responses.setdefault("422", _response("Body or query does not fit", "ValidationError"))
    else:
        responses.setdefault("422", _response("Body is not JSON", "ValidationError"))


def _errors_of(method: str, operation: dict[str, Any]) -> dict[str, str]:
    errors = dict(ALWAYS)
    if operation.get("security"):
        errors["401"] = "Not authenticated"  # also where nobody has to be: a token that is no good is never ignored
        if {} not in operation["security"]:
            errors["403"] = "Not allowed"
    names_things = any(parameter["in"] == "path" for parameter in operation.get("parameters", []))
    if names_things or "requestBody" in operation:
        errors["404"] = "Not found, or not yours"
    if method in ("post", "put", "patch", "delete"):
        errors["409"] = "In conflict with what is there now"
    return errors


def _response(text: str, schema: str) -> dict[str, Any]:
    ref = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": text, "content": {"application/json": {"schema": ref}}}
