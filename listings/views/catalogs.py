"""`/v1/categories` and `/v1/brands`: public to read, and anybody signed in may add what is missing."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.authentication import SignedIn
from listings.models import Brand, Category
from listings.serializers import catalogs as shapes
from listings.services import catalogs
from marketplace.common import ratelimit
from marketplace.common.api import CountsFirst
from marketplace.common.idempotency import idempotent

MOST_ROWS = 1_000


class Catalog(CountsFirst, ViewSet):
    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.action == "list" else IsAuthenticated()]


class Categories(Catalog):
    @extend_schema(responses=shapes.CategoryOut(many=True))
    def list(self, request: SignedIn) -> Response:
        """By name; of more than 1,000 those that a moderator has looked at first."""
        return Response(shapes.CategoryOut(_first(Category.objects.shown()), many=True).data)

    @extend_schema(request=shapes.CategoryBody, responses={201: shapes.CategoryOut, 200: shapes.CategoryOut})
    @idempotent
    def create(self, request: SignedIn) -> Response:
        """201 when it is new, 200 with the one that is there otherwise."""
        body = shapes.CategoryBody.read(request.data)
        row, is_new = _added(request, catalogs.add_category, body)
        return Response(shapes.CategoryOut(row).data, status=201 if is_new else 200)


class Brands(Catalog):
    @extend_schema(parameters=[shapes.BrandQuery], responses=shapes.BrandOut(many=True))
    def list(self, request: SignedIn) -> Response:
        """By name, with a `category_id` of that category alone; of more than 1,000 those that were looked at first."""
        query = shapes.BrandQuery.read(request.query_params)
        return Response(shapes.BrandOut(_first(Brand.objects.shown().filter(**query)), many=True).data)

    @extend_schema(request=shapes.BrandBody, responses={201: shapes.BrandOut, 200: shapes.BrandOut})
    @idempotent
    def create(self, request: SignedIn) -> Response:
        """201 when it is new, 200 with the one that is there otherwise."""
        body = shapes.BrandBody.read(request.data)
        row, is_new = _added(request, catalogs.add_brand, body)
        return Response(shapes.BrandOut(row).data, status=201 if is_new else 200)


def _first(rows: Any) -> Any:
    """Nobody who adds names of their own keeps the others from being seen."""
    first = rows.order_by(F("reviewed_at").asc(nulls_last=True), "pk").values("pk")[:MOST_ROWS]
    return rows.filter(pk__in=first).order_by("name", "pk")


def _added(request: SignedIn, add: Any, body: dict[str, Any]) -> tuple[Any, bool]:
    if not request.user.is_staff:
        ratelimit.require("catalog", f"add:{request.user.pk}")
    row, is_new = add(**body, by=request.user)
    return row, is_new
