"""What one writes first: a view, a ModelSerializer and a `create` for each event. The table has the usual indexes."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import django
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = []
django.setup()

from django.db import models  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class StockEvent(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4)
    event_type = models.CharField(max_length=80)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True)
    session_id = models.CharField(max_length=64)
    listing_id: models.UUIDField[Any, Any] = models.UUIDField(null=True)
    order_id: models.UUIDField[Any, Any] = models.UUIDField(null=True)
    chat_id: models.UUIDField[Any, Any] = models.UUIDField(null=True)
    step = models.CharField(max_length=40, null=True)
    properties: models.JSONField[Any, Any] = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(default=timezone.now)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "analytics"
        db_table = "bench_event"
        managed = False

    def __str__(self) -> str:
        return self.event_type


class StockSerializer(serializers.ModelSerializer[StockEvent]):
    class Meta:
        model = StockEvent
        exclude = ("user",)


class Events(APIView):
    def post(self, request: Request) -> Response:
        events = StockSerializer(data=dict(request.data)["events"], many=True)
        events.is_valid(raise_exception=True)
        events.save(user_id=request.user.pk)
        return Response({"inserted": len(events.data)}, status=202)


urlpatterns = [path("v1/events", Events.as_view()), path("health", lambda _: HttpResponse())]
application = get_asgi_application()
