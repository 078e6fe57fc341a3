"""`/v1/features`, which any app may ask; and `/v1/maintenance`, for staff who hold the permission."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SignedIn
from listings.models import MaintenanceRun
from listings.models.photo import SIZES
from listings.serializers import operations as shapes
from listings.services import features, maintenance
from marketplace.common.api import Door
from marketplace.common.idempotency import idempotent

Chore = MaintenanceRun.Chore
SWITCHES = {"type": "object", "additionalProperties": {"type": "boolean"}}


class Features(Door):
    permission_classes = [AllowAny]

    @extend_schema(responses={200: OpenApiResponse(SWITCHES, "Each switch, on or off")})
    def get(self, request: Request) -> Response:
        return Response(features.switches())


class MayRunMaintenance(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        return bool(user.is_authenticated and user.is_staff and user.has_perm("listings.run_maintenance"))


class MaintenanceDoor(Door):
    permission_classes = [MayRunMaintenance]

    def asked(self, request: SignedIn, chore: Chore, wanted: dict[str, Any]) -> Response:
        run = maintenance.ask(chore, wanted=wanted, by=request.user)
        return Response(shapes.TaskAsked(run).data, status=202)


class RebuildThumbnails(MaintenanceDoor):
    @extend_schema(request=None, parameters=[shapes.ThumbnailsQuery], responses={202: shapes.TaskAsked})
    @idempotent
    def post(self, request: SignedIn) -> Response:
        """Of one picture, or of all."""
        query = shapes.ThumbnailsQuery.read(request.query_params)
        wanted = {"object_key": query.get("object_key"), "sizes": sorted(set(query.get("sizes", SIZES)))}
        return self.asked(request, Chore.THUMBNAILS, wanted)


class PrecomputePrices(MaintenanceDoor):
    @extend_schema(request=None, responses={202: shapes.TaskAsked})
    @idempotent
    def post(self, request: SignedIn) -> Response:
        return self.asked(request, Chore.SUGGESTIONS, {})


class CollectOrphans(MaintenanceDoor):
    @extend_schema(request=None, parameters=[shapes.OrphansQuery], responses={202: shapes.TaskAsked})
    @idempotent
    def post(self, request: SignedIn) -> Response:
        """Files that no picture knows."""
        query = shapes.OrphansQuery.read(request.query_params)
        return self.asked(request, Chore.ORPHANS, {"prefix": query.get("prefix")})


class Tasks(MaintenanceDoor):
    @extend_schema(responses=shapes.TaskOut)
    def get(self, request: SignedIn, task_id: UUID) -> Response:
        return Response(shapes.TaskOut(maintenance.find(task_id)).data)
