"""What `/openapi.json` promises, and the few things it cannot say. For the suite and for `faults/fuzz.py`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import jsonschema_rs
import orjson

TOO_MUCH = "413"  # as a batch with more entries than it may have
REFUSED_BY_A_RULE = "400"  # understood but refused, as a spent token is; a shape that does not fit is a 422
WORDS_FOR_YES_AND_NO = ["t", "y", "yes", "true", "on", "1", "f", "n", "no", "false", "off", "0"]
LENIENT: dict[str, list[dict[str, Any]]] = {  # what is read as that type beside the type itself
    "boolean": [{"enum": [0, 1]}, {"type": "string", "pattern": f"^(?i:{'|'.join(WORDS_FOR_YES_AND_NO)})$"}],
    "integer": [{"type": "string", "pattern": r"^\s*-?[0-9]+(\.0*)?\s*$"}],
    "number": [{"type": "boolean"}, {"type": "string", "pattern": r"^\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*$"}],
    "string": [{"type": ["number", "boolean"]}],
}


def held_to_its_promises(schema: Any) -> Any:
    """All of Schemathesis' checks, without the four kinds of finding that are no broken promise."""
    schema.config.checks.positive_data_acceptance.expected_statuses.append(REFUSED_BY_A_RULE)
    schema.config.checks.negative_data_rejection.expected_statuses.append(TOO_MUCH)
    # What one client made, another may take over or no longer see: a push token moves to who registers it next
    schema.config.checks.ensure_resource_availability.enabled = False
    schema.hook(filter_failure)
    return schema


def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    name = type(failure).__name__
    if name == "RejectedPositiveData":
        return not refused_by_a_rule(case, response)
    if name == "AcceptedNegativeData":
        return not (read_leniently(case) or told_apart(response))
    return True


def meet(case: Any, ids: dict[str, Any]) -> None:
    """Half of the addresses lead to something that is there: behind a 404 nothing is tried. Older clients ask by
    numbers, and what one of theirs means is said by the address: `ids["/products/"]`."""
    number = case.path_parameters.get("number")
    if isinstance(number, int) and number % 2 == 0:
        met = [value for start, value in ids.items() if case.operation.path.startswith(start)]
        case.path_parameters["number"] = next(iter(met), number)
    for name, value in case.path_parameters.items():
        try:
            is_for_us = UUID(str(value)).int % 2 == 0
        except ValueError:
            continue
        if is_for_us and name in ids:
            case.path_parameters[name] = str(ids[name])


def refused_by_a_rule(case: Any, response: Any) -> bool:
    """`value_error`: no schema can say "a time zone that exists", nor that blanks around a text do not count."""
    problems = response.json()["detail"]
    if not isinstance(problems, list):
        return False
    rules = {"value_error", "string_too_short"} if has_outer_blanks([case.body, case.query]) else {"value_error"}
    return {problem["type"] for problem in problems} <= rules


def has_outer_blanks(body: Any) -> bool:
    if isinstance(body, dict):
        return any(has_outer_blanks(value) for value in body.values())
    if isinstance(body, list):
        return any(has_outer_blanks(value) for value in body)
    return isinstance(body, str) and body != body.strip()


def read_leniently(case: Any) -> bool:
    """Numbers as text and 0 as false are taken, a query may say more than was asked, and headers are always ours."""
    query = case.operation.query.validation_schema
    given = {name: last_of(value) for name, value in case.query.items() if name in query["properties"]}
    asked = {name: value for name, value in given.items() if value not in ("", None)}
    if not fits(asked, query):
        return False
    body = case.operation.get_body_for_media_type("application/json")
    return body is None or fits(stripped(as_read(case.body)), body.validation_schema)


def told_apart(response: Any) -> bool:
    """A batch is judged part by part, and what did not fit is named in an answer that is good for the rest."""
    body = response.json()
    return isinstance(body, dict) and bool(body.get("rejected"))


def last_of(value: Any) -> Any:
    """A name that is asked twice counts once."""
    return (value[-1] if value else None) if isinstance(value, list) else value


def stripped(node: Any) -> Any:
    """Blanks around a text do not count."""
    if isinstance(node, dict):
        return {name: stripped(value) for name, value in node.items()}
    if isinstance(node, list):
        return [stripped(entry) for entry in node]
    return node.strip() if isinstance(node, str) else node


def as_read(body: Any) -> Any:
    """Bytes are what was sent as it stands; what is no JSON fits nothing."""
    if not isinstance(body, bytes):
        return body
    try:
        return orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError:
        return None


def fits(value: Any, schema: Any) -> bool:
    return bool(jsonschema_rs.validator_for(lenient(schema)).is_valid(value))


def lenient(node: Any) -> Any:
    if isinstance(node, list):
        return [lenient(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    if isinstance(kind := node.get("type"), str) and kind in LENIENT:
        return {"anyOf": [node, *LENIENT[kind]]}
    return {name: lenient(value) for name, value in node.items()}
