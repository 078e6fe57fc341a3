"""`/v1/analytics/bq/…`: the business questions. Rows go out as the database gives them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import ReaderAuthentication, SignedIn
from analytics.querysets.questions import answer_json
from analytics.serializers import questions as shapes
from marketplace.common.api import Door

WINDOW = [
    OpenApiParameter("start", str, description="ISO 8601; UTC when it names no zone. Thirty days before the end"),
    OpenApiParameter("end", str, description="The first moment that does not count. The end of today (UTC)"),
]


class MayReadNumbers(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        person = request.user
        return bool(person.is_authenticated and (person.is_staff or not settings.ANALYTICS_STAFF_ONLY))


class Question(Door):
    permission_classes = (MayReadNumbers,)
    name: ClassVar[str]

    def get_authenticators(self) -> list[BaseAuthentication]:
        if getattr(self, "swagger_fake_view", False):  # to the schema all tokens are the same
            return super().get_authenticators()
        return [ReaderAuthentication()]

    def get(self, request: SignedIn) -> HttpResponse:
        return self.answered(request)

    def answered(self, request: SignedIn, **parameters: Any) -> HttpResponse:
        window = shapes.window_of(request.query_params, now=timezone.now())
        return HttpResponse(
            answer_json(self.name, window, **parameters),
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )


@extend_schema(parameters=WINDOW, responses=shapes.ListingsOfDay(many=True))
class ListingsByDay(Question):
    """BQ 1.1: listings made on a day, by category."""

    name = "1_1"


@extend_schema(parameters=WINDOW, responses=shapes.EscrowOfStep(many=True))
class EscrowBySteps(Question):
    """BQ 1.2: how often each step of an escrow was cancelled."""

    name = "1_2"


@extend_schema(parameters=WINDOW, responses=shapes.EventsOfDay(many=True))
class EventsByDay(Question):
    """BQ 2.1: events of a day, by type."""

    name = "2_1"


@extend_schema(parameters=WINDOW, responses=shapes.ClicksOfDay(many=True))
class ClicksByDay(Question):
    """BQ 2.2: clicks of a day, by button."""

    name = "2_2"


class ScreenTime(Question):
    name = "2_4"

    @extend_schema(parameters=[*WINDOW, shapes.ScreenTimeQuery], responses=shapes.TimeOnScreen(many=True))
    def get(self, request: SignedIn) -> HttpResponse:
        """BQ 2.4: how long people look at which screen. A view counts as `max_idle_sec` at most."""
        return self.answered(request, **shapes.ScreenTimeQuery.read(request.query_params))


@extend_schema(parameters=WINDOW, responses=shapes.UsersOfDay(many=True))
class UsersByDay(Question):
    """BQ 3.1: different people of a day."""

    name = "3_1"


@extend_schema(parameters=WINDOW, responses=shapes.SessionsOfDay(many=True))
class SessionsByDay(Question):
    """BQ 3.2: different sessions of a day."""

    name = "3_2"


@extend_schema(parameters=WINDOW, responses=shapes.OrdersOfDay(many=True))
class OrdersByDay(Question):
    """BQ 4.1: orders made on a day, by what their status is now."""

    name = "4_1"


@extend_schema(parameters=WINDOW, responses=shapes.MoneyOfDay(many=True))
class MoneyByDay(Question):
    """BQ 4.2: what was ordered on a day and paid for, and how many orders that were."""

    name = "4_2"


@extend_schema(parameters=WINDOW, responses=shapes.QuickViewsOfDay(many=True))
class QuickViewsByDay(Question):
    """BQ 5.1: quick views of a day, by the listing's category."""

    name = "5_1"
