"""The HTML door: `/dashboard`, for staff, and the numbers it draws, by the session with which they are in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from analytics.querysets.questions import QUESTIONS, answer
from analytics.serializers.questions import window_of
from listings.models import Category
from marketplace.common.errors import DomainError, Forbidden, Unauthenticated
from marketplace.common.handler import translate
from marketplace.common.jsonio import json_response

# What is drawn for each question: along which column, in what groups, how high, and whether that adds up
CHARTS: dict[str, dict[str, Any]] = {
    "3_1": {"title": _("People a day"), "x": "day", "y": "dau"},
    "3_2": {"title": _("Sessions a day"), "x": "day", "y": "sessions"},
    "4_1": {"title": _("Orders a day by status"), "x": "day", "group": "status", "y": "count", "sums": True},
    "4_2": {"title": _("Money ordered and paid a day"), "x": "day", "y": "gmv_cents", "sums": True, "cents": True},
    "1_1": {
        "title": _("New listings a day by category"),
        "x": "day",
        "group": "category_id",
        "y": "count",
        "sums": True,
    },
    "5_1": {
        "title": _("Quick views a day by category"),
        "x": "day",
        "group": "category_id",
        "y": "count",
        "sums": True,
    },
    "2_1": {"title": _("Events a day by type"), "x": "day", "group": "event_type", "y": "count", "sums": True},
    "2_2": {"title": _("Clicks a day by button"), "x": "day", "group": "button", "y": "count", "sums": True},
    "1_2": {"title": _("Cancelled by escrow step, in percent"), "x": "step", "y": "pct_cancelled"},
    "2_4": {"title": _("Seconds on a screen"), "x": "screen", "y": "total_seconds", "sums": True},
}
COLUMNS = {
    "day": _("Day"),
    "category_id": _("Category"),
    "count": _("Count"),
    "step": _("Step"),
    "total": _("Total"),
    "cancelled": _("Cancelled"),
    "pct_cancelled": _("Cancelled, %"),
    "event_type": _("Event"),
    "button": _("Button"),
    "screen": _("Screen"),
    "total_seconds": _("Seconds"),
    "views": _("Views"),
    "avg_seconds": _("Seconds a view"),
    "dau": _("People"),
    "sessions": _("Sessions"),
    "status": _("Status"),
    "gmv_cents": _("Money"),
    "orders_paid": _("Paid orders"),
}
WORDS = {
    "nothing": _("Nothing in this time."),
    "failed": _("These numbers could not be loaded."),
    "no_answer": _("The server does not answer. Try again in a moment."),
    "no_day": _("One of these days cannot be asked for."),
    "signed_out": _("You are signed out. Sign in again to go on."),
    "others": _("others"),
    "none": _("(none)"),
    "too_long": _("These are too many days: a year at most can be shown at once."),
    "total": _("Total: {total}"),
}


@require_safe
@staff_member_required
def dashboard(request: HttpRequest) -> HttpResponse:
    charts = [{"name": name, "columns": QUESTIONS[name].columns, **chart} for name, chart in CHARTS.items()]
    facts = {
        "charts": [{**chart, "title": str(chart["title"])} for chart in charts],
        "columns": {name: str(text) for name, text in COLUMNS.items()},
        "words": {name: str(text) for name, text in WORDS.items()},
        "categories": {str(each.pk): each.name for each in Category.objects.all()},
    }
    return render(request, "analytics/dashboard.html", {"charts": charts, "facts": facts})


@require_safe
def numbers(request: HttpRequest, name: str) -> HttpResponse:
    """A question, as `/v1` answers it."""
    if name not in QUESTIONS:
        raise Http404
    try:
        if not request.user.is_authenticated:
            raise Unauthenticated
        if not (request.user.is_active and request.user.is_staff):
            raise Forbidden
        rows = answer(name, window_of(request.GET, now=timezone.now()))
    except (DomainError, DatabaseError) as error:
        told = translate(error)
        if told is None:
            raise
        return json_response(told.body(), status=told.status, headers=told.headers)
    return json_response(rows, headers={"Cache-Control": "no-store"})
