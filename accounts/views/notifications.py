"""`/v1/notifications`: what one has been told, and how one wants to be told."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts import notification_shapes as shapes
from accounts.authentication import SignedIn
from accounts.models import Notification, User
from accounts.notices import choices, reading
from accounts.notices.letters import language_of
from marketplace.common.api import Door
from marketplace.common.paging import newest_first


class Notifications(Door):
    @extend_schema(parameters=[shapes.NotificationsQuery], responses=shapes.NotificationPage)
    def get(self, request: SignedIn) -> Response:
        query = shapes.NotificationsQuery.read(request.query_params)
        only_unread = query.pop("unread")
        rows = Notification.objects.visible_to(request.user)
        rows = rows.unread() if only_unread else rows.current()
        page = newest_first(
            rows,
            scope=f"notifications:{request.user.pk}",
            cursor=query.get("cursor"),
            limit=query["limit"],
        )
        return Response(shapes.NotificationPage(page).data)


class UnreadCount(Door):
    @extend_schema(responses=shapes.UnreadOut)
    def get(self, request: SignedIn) -> Response:
        return _count(request.user)


class Read(Door):
    @extend_schema(request=None, responses=shapes.NotificationOut)
    def post(self, request: SignedIn, notification_id: UUID) -> Response:
        found = reading.mark_read(request.user, notification_id, now=timezone.now())
        return Response(shapes.NotificationOut(found).data)


class ReadAll(Door):
    @extend_schema(request=shapes.ReadAllBody, responses=shapes.UnreadOut)
    def post(self, request: SignedIn) -> Response:
        """Answers with how many are still unread."""
        up_to = shapes.ReadAllBody.read(request.data)["up_to"]
        reading.mark_all_read(request.user, up_to=up_to, now=timezone.now())
        return _count(request.user)


class Preferences(Door):
    @extend_schema(responses=shapes.PreferencesOut)
    def get(self, request: SignedIn) -> Response:
        return _preferences(request.user)

    @extend_schema(request=shapes.PreferencesBody, responses=shapes.PreferencesOut)
    def put(self, request: SignedIn) -> Response:
        body = shapes.PreferencesBody.read(request.data)
        choices.choose(request.user, channels=shapes.chosen(body), quiet_hours=shapes.quiet_hours(body))
        return _preferences(request.user)


def _count(user: User) -> Response:
    return Response({"count": reading.unread_count(user)})


def _preferences(user: User) -> Response:
    with language_of(user):
        return Response(shapes.preferences(choices.choices_of(user), choices.quiet_hours_of(user)))
