"""The HTML door: `/talk`, a page that talks over `/v1` and `/v1/ws` like any other client."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from chat.models.message import LONGEST_TEXT
from chat.services.dealing import PAID
from chat.services.story import OFFERS, STORY

# what static/js/talk_page/ says; `{name}` is filled in there
WORDS = {
    "chat": _("Chat"),
    "discard": _("Discard"),
    "edited": _("edited"),
    "ended": _("This connection was ended. Sign in to go on."),
    "gone": _("This message is no longer here"),
    "here_now": _("Here now"),
    "last_seen": _("Last here: {when}"),
    "no_answer": _("The server does not answer. Try again in a moment."),
    "no_chat": _("This chat is not here, or not yours."),
    "not_confirmed": _("Confirm your e-mail address first, with the link in the letter that we have sent you."),
    "not_sent": _("Not sent"),
    "place": _("Place: {latitude}, {longitude}"),
    "seen": _("seen"),
    "sending": _("Sending…"),
    "sent": _("Sent"),
    "signed_out": _("You were signed out."),
    "state_connecting": _("Connecting…"),
    "state_ended": _("Not connected"),
    "state_up": _("Connected"),
    "state_waiting": _("No connection. What you write is kept and sent later."),
    "too_many": _("Too many tries. Please wait a while before you try again."),
    "try_again": _("Try again"),
    "typing": _("{name} is writing…"),
    "unread": _("unread"),
    "wrong": _("The name or the password is not right."),
    "you": _("You"),
    **STORY,
    **OFFERS,
    "payment.confirmed": PAID,
}


@require_safe
def talk(request: HttpRequest) -> HttpResponse:
    words = {name: str(text) for name, text in WORDS.items()}
    return render(request, "chat/talk.html", {"words": words, "longest_text": LONGEST_TEXT})
