"""`/users…`: who else is here, and who brings things."""

from __future__ import annotations

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from accounts.models import User
from accounts.services import couriers
from marketplace.common import ratelimit
from marketplace.common.idempotency import idempotent
from marketplace.common.net import client_ip, limit_key
from marketplace.contracts.common import AccountOut, PasserByOut, account, forms, passer_by, sent
from marketplace.contracts.polimarket import shapes
from marketplace.contracts.polimarket.door import PoliMarketDoor, part_of


class People(PoliMarketDoor):
    @extend_schema(parameters=[shapes.SliceQuery], responses=PasserByOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """The newest first."""
        query = shapes.SliceQuery.read(request.query_params)
        rows = User.objects.visible_to(request.user).order_by("-created_at", "-pk")
        return Response([passer_by(person) for person in part_of(rows, query)])


class BecomeCourier(PoliMarketDoor):
    rate_scope = "courier_code"

    @extend_schema(request=forms(shapes.CodeBody), responses=AccountOut)
    @idempotent
    def post(self, request: SignedIn) -> Response:
        """By the code that those who run the place give to those they trust."""
        ratelimit.require("courier_code_address", limit_key(client_ip(request)), sensitive=True)
        code = shapes.CodeBody.read(sent(request))["secret_code"]
        person = couriers.join(request.user, code, secret=settings.DELIVERY_SECRET_CODE)
        return Response(account(person))
