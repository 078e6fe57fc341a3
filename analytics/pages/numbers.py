"""The HTML door: `/account/numbers`, a page that reads a seller's own numbers over `/v1`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

# what static/js/numbers_page/ says; `{name}` is filled in there
WORDS = {
    "answered": _("Answered"),
    "answered_of": _("{replies} of {conversations}"),
    "average": _("Until the first answer"),
    "conversations": _("Conversations"),
    "days": _("{views} views in {days} days, {most} on the busiest"),
    "favourites": _("Favourites"),
    "hours": _("{count} h"),
    "minutes": _("{count} min"),
    "no_answer": _("The server does not answer. Try again in a moment."),
    "no_longer": _("no longer on offer"),
    "not_confirmed": _("Confirm your e-mail address first, with the link in the letter that we have sent you."),
    "place": _("You answer better than {percent} of the other sellers in the last 30 days."),
    "signed_out": _("You were signed out."),
    "sold": _("Sold"),
    "too_many": _("Too many tries. Please wait a while before you try again."),
    "views": _("Views"),
    "wrong": _("The name or the password is not right."),
}


@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    words = {name: str(text) for name, text in WORDS.items()}
    return render(request, "analytics/numbers.html", {"words": words})
