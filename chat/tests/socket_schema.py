"""Whether frames are as `/asyncapi.json` describes them. Every socket test asks it of everything that it hears."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator

from chat.asyncapi.document import document
from chat.realtime.limits import current


@cache
def described() -> dict[str, Any]:
    return document(version="test", base_url="http://localhost:8000", limits=current())


@cache
def _validator(name: str) -> Draft202012Validator:
    schemas = described()["components"]["schemas"]
    assert name in schemas, f"{name} is not described"
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})


def misfits(side: str, frame: dict[str, Any]) -> list[str]:
    """`side` is `read` or `said`. A field that the description does not know is one too."""
    name = f"{side}.{frame['type']}"
    problems = [f"{name}: {error.message}" for error in _validator(name).iter_errors(frame)]
    known = described()["components"]["schemas"][name]["properties"]
    return problems + [f"{name}: {field} is not described" for field in frame if field not in known]
