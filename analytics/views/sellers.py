"""`/v1/telemetry/sellers/…` and `/v1/sellers/me/numbers`: a seller's own numbers, and nobody else's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from accounts.models import User
from analytics.serializers import sellers as shapes
from analytics.serializers.questions import window_of
from analytics.services import answering, selling
from analytics.views.questions import WINDOW
from marketplace.common.api import Door
from marketplace.common.errors import NotFound

ALL_OTHERS = UUID(int=0)  # stands where the apps need an id


class NoNumbers(NotFound):
    code = "no_numbers"
    detail = "No data"


class ResponseMetrics(Door):
    @extend_schema(responses=shapes.ResponseMetricsOut)
    def get(self, request: SignedIn, seller_id: UUID) -> Response:
        """One's own, over the last 30 days. 404: nobody has asked in this time, or it is somebody else."""
        now = timezone.now()
        mine = answering.answering_of(request.user, now=now) if seller_id == request.user.pk else None
        if mine is None:
            raise NoNumbers
        shown = {
            "seller_id": seller_id,
            "response_rate": mine.rate,
            "average_response_minutes": mine.minutes or 0.0,
            "total_conversations": mine.conversations,
            "ranking": _ranking(request.user, mine, answering.others_than(mine, now=now)),
            "updated_at": now,
        }
        return Response(shapes.ResponseMetricsOut(shown).data)


def _ranking(seller: User, mine: answering.Answering, others: answering.Others | None) -> list[dict[str, Any]]:
    """One's own line and that of all others together. The apps number them as they come."""
    if others is None:
        return []
    own = _line(mine.seller_id, seller.display_name, mine) | {"percentile": others.percentile}
    rest = _line(ALL_OTHERS, _("Other sellers"), others) | {"percentile": None}
    return [own, rest] if others.percentile >= 50 else [rest, own]


def _line(seller_id: UUID, name: str, figures: answering.Answering | answering.Others) -> dict[str, Any]:
    facts = {"response_rate": figures.rate, "average_response_minutes": figures.minutes}
    return {"seller_id": str(seller_id), "seller_name": name, **facts}


class SellerNumbers(Door):
    @extend_schema(parameters=WINDOW, responses=shapes.SellerNumbersOut)
    def get(self, request: SignedIn) -> Response:
        """Views, favourites, conversations and sales of one's own listings; a day is one of UTC."""
        window = window_of(request.query_params, now=timezone.now())
        return Response(shapes.SellerNumbersOut(selling.numbers_of(request.user, window)).data)
