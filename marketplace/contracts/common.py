"""What all contracts share: a door that hears forms as well as JSON, and says errors in its family's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import ReaderAuthentication
from accounts.models import User
from accounts.models.person import Role
from marketplace.common.api import Door
from marketplace.common.errors import InvalidInput
from marketplace.common.handler import exception_handler, translate
from marketplace.common.jsonio import StrictJSONParser
from marketplace.common.storage import public_base_url

IMAGES = "/static/images"
Handler = Callable[[Exception, Mapping[str, Any]], Response | None]


# `contracts` are its tags in the API document; `words` say an error's text by its code, where the family's own differs
# from ours. A door that shows or judges the one who asks says `is_about_oneself`: what they changed a moment ago has to
# be there. (A docstring here would describe every door that has none in the API document.)
class ContractDoor(Door):
    contracts: ClassVar[tuple[str, ...]]
    words: ClassVar[Mapping[str, str]] = {}
    is_about_oneself: ClassVar[bool] = False
    parser_classes: tuple[type[BaseParser], ...] = (FormParser, MultiPartParser, StrictJSONParser)

    def get_authenticators(self) -> list[BaseAuthentication]:
        """These clients look again every two seconds."""
        is_read = getattr(self.request, "method", "") == "GET" and bool(self.authentication_classes)
        if (
            is_read and not self.is_about_oneself and not getattr(self, "swagger_fake_view", False)
        ):  # to the schema all tokens are the same
            return [ReaderAuthentication()]
        return super().get_authenticators()

    def get_exception_handler(self) -> Handler:
        def handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
            return exception_handler(self._in_our_words(exc), context)

        return handler

    def _in_our_words(self, exc: Exception) -> Exception:
        """Only what stands for every such error: a text that was written for one case says more."""
        error = translate(exc)
        if error is None or error.status >= 500 or error.text != error.detail or error.code not in self.words:
            return exc
        said = copy(error)
        said.text = self.words[error.code]
        return said


def in_body(request: Request) -> dict[str, Any]:
    """The body alone, whatever its form. Of a repeated name the last counts."""
    body = request.data
    if not isinstance(body, Mapping):
        raise InvalidInput.one(["body"], "Input should be a valid dictionary", type="dict_type")
    return body.dict() if hasattr(body, "dict") else dict(body)


def sent(request: Request) -> dict[str, Any]:
    """The body; what it leaves out may stand in the query."""
    return {**request.query_params.dict(), **in_body(request)}


def forms(shape: Any) -> dict[str, Any]:
    """For the API document: the same fields in any of the three forms."""
    kinds = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
    return dict.fromkeys(kinds, shape)


# ── People, as integers know them ────────────────────────────────────────────────────────────────


def picture_of(person: User) -> str | None:
    """`people/<uuid>.jpg` is `/static/images/people-<uuid>.jpg` on this side: a flat name, and absolute."""
    return f"{public_base_url()}{IMAGES}/{person.picture.replace('/', '-')}" if person.picture else None


def passer_by(person: User) -> dict[str, Any]:
    """What anybody may see of somebody."""
    return {
        "id": person.number,
        "username": person.username,
        "name": person.display_name,
        "profile_image": picture_of(person),
    }


def account(person: User) -> dict[str, Any]:
    """What somebody sees of themselves: the fields of all families that share these addresses."""
    return {
        **passer_by(person),
        "email": person.email,
        "full_name": person.name or None,
        "role": person.role,
        "is_delivery": person.is_delivery,
        "is_active": person.is_active,
        "created_at": person.created_at,
    }


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
