"""`/v1/analytics/exports/…`: the answer to a business question as a file, for staff."""

from __future__ import annotations

import io

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAdminUser

from accounts.authentication import SignedIn
from analytics.serializers.questions import window_of
from analytics.services.exporting import REPORTS, as_csv, read
from analytics.views.questions import WINDOW
from marketplace.common.api import Door
from marketplace.common.errors import NotFound

NAMES = [name for name, report in REPORTS.items() if report.is_question]
QUESTION = OpenApiParameter("question", str, OpenApiParameter.PATH, enum=NAMES)


class NoSuchQuestion(NotFound):
    code = "no_such_question"
    detail = "There is no such question"


class QuestionExport(Door):
    permission_classes = (IsAdminUser,)

    @extend_schema(parameters=[QUESTION, *WINDOW], responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: SignedIn, question: str) -> HttpResponse:
        """As `manage.py export_analytics` writes it. The rows themselves are not given away here."""
        if question not in NAMES:
            raise NoSuchQuestion
        report, window = REPORTS[question], window_of(request.query_params, now=timezone.now())
        out = io.BytesIO()
        with read(report, window) as batches:
            for _ in as_csv(report.columns, batches, out):
                pass
        headers = {"Content-Disposition": f'attachment; filename="{question}.csv"', "Cache-Control": "no-store"}
        return HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
