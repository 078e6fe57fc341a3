"""`/v1/devices`: where to push."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts import serializers as shapes
from accounts.authentication import SignedIn
from accounts.models import Device
from accounts.services import devices
from marketplace.common.api import Door
from marketplace.common.idempotency import idempotent

MOST_DEVICES_SHOWN = 100


class Devices(Door):
    @extend_schema(responses=shapes.DeviceOut(many=True))
    def get(self, request: SignedIn) -> Response:
        rows = Device.objects.of(request.user)[:MOST_DEVICES_SHOWN]
        return Response(shapes.DeviceOut(rows, many=True).data)

    @extend_schema(request=shapes.DeviceBody, responses={201: shapes.DeviceOut})
    @idempotent
    def post(self, request: SignedIn) -> Response:
        body = shapes.DeviceBody.read(request.data)
        device = devices.register_device(
            request.user,
            platform=body["platform"],
            push_token=body.get("push_token") or None,
            app_version=body.get("app_version"),
            session_id=request.auth.session_id,
        )
        return Response(shapes.DeviceOut(device).data, status=201)


class OneDevice(Door):
    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, device_id: UUID) -> Response:
        devices.remove_device(request.user, device_id)
        return Response(status=204)
