"""One account for all families: its doors."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from marketplace.contracts.common import ContractDoor, account
from marketplace.contracts.people import shapes
from marketplace.contracts.people.words import WORDS


class SharedDoor(ContractDoor):
    contracts = ("PoliMarket", "SoporteIT")
    words = WORDS


class WhoAmI(SharedDoor):
    @extend_schema(responses=shapes.AccountOut)
    def get(self, request: SignedIn) -> Response:
        return Response(account(request.user))


class Myself(SharedDoor):
    @extend_schema(responses=shapes.AccountOut)
    def get(self, request: SignedIn) -> Response:
        return Response(account(request.user))
