"""`/v1/listings/{id}/report`: telling the moderators."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from listings.serializers import interest as shapes
from listings.services import reports
from listings.views.interest import listing_seen_by
from marketplace.common.api import Door
from marketplace.common.idempotency import idempotent


class ListingReports(Door):
    @extend_schema(request=shapes.ListingReportBody, responses={201: shapes.ListingReportOut})
    @idempotent
    def post(self, request: SignedIn, listing_id: UUID) -> Response:
        """Once per person and listing, for good."""
        body = shapes.ListingReportBody.read(request.data)
        auto_hide = reports.AutoHide(
            reports=settings.LISTING_AUTO_HIDE_REPORTS,
            account_age=timedelta(hours=settings.LISTING_REPORT_MIN_ACCOUNT_AGE_HOURS),
        )
        listing = listing_seen_by(request, listing_id)
        made = reports.report(request.user, listing, **body, auto_hide=auto_hide, now=timezone.now())
        return Response(shapes.ListingReportOut(made).data, status=201)
