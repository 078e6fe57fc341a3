"""Mounted at the root: the paths are part of signed addresses."""

from __future__ import annotations

from django.urls import path

from marketplace.common.storage import doors

urlpatterns = [
    path("storage/<path:key>", doors.signed_object, name="signed-object"),
    path("media/<path:key>", doors.public_object, name="public-object"),
]
