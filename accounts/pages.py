"""The HTML doors for people who come from an e-mail: a new password, and "yes, this address is mine".

Opening a page changes nothing, because mail scanners open every link; a button does. A token travels in the link and
then in a form, and the referrer policy keeps it out of what other sites are told.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.services import addresses, passwords, verification
from marketplace.common import ratelimit
from marketplace.common.errors import TooManyRequests
from marketplace.common.handler import request_id
from marketplace.common.net import client_ip, limit_key

Page = Callable[[HttpRequest], HttpResponse]


class EmailForm(forms.Form):
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "autofocus": True}),
    )

    def clean_email(self) -> str:
        try:
            return addresses.normalized(self.cleaned_data["email"])
        except ValueError as error:
            raise ValidationError(_("This does not look like an e-mail address.")) from error


def _password_field(**kwargs: Any) -> forms.CharField:
    widget = forms.PasswordInput({"autocomplete": "new-password"})
    return forms.CharField(min_length=8, max_length=128, strip=False, widget=widget, **kwargs)


class NewPasswordForm(forms.Form):
    password = _password_field(
        label=_("New password"),
        help_text=_("At least 8 characters. A few words are easier to remember than signs."),
    )
    again = _password_field(label=_("New password, once more"))

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password", again):
            raise ValidationError(_("The two passwords are not the same."))
        return again


def page(*, limit: str) -> Callable[[Page], Page]:
    """Never cached, silent towards other sites, and limited: a POST by `limit`, a GET like any other."""

    def decorate(view: Page) -> Page:
        @wraps(view)
        def inner(request: HttpRequest) -> HttpResponse:
            try:
                _count(request, limit if request.method == "POST" else "default")
                response = view(request)
            except TooManyRequests as error:
                response = _refuse(request, error)
            add_never_cache_headers(response)
            # not "no-referrer": browsers then send `Origin: null`, which no CSRF check can accept
            response["Referrer-Policy"] = "strict-origin"
            return response

        return inner

    return decorate


def _count(request: HttpRequest, scope: str) -> None:
    caller = f"{request.method}:{request.path}:{limit_key(client_ip(request))}"
    ticket = ratelimit.require(scope, caller, sensitive=scope != "default")
    request.rate_ticket = ticket  # type: ignore[attr-defined]  # for the `X-RateLimit-*` headers


def _refuse(request: HttpRequest, error: TooManyRequests) -> HttpResponse:
    context = {"status": error.status, "text": error.text, "request_id": request_id()}
    response = render(request, "error.html", context, status=error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@page(limit="password_mail")
def forgot(request: HttpRequest) -> HttpResponse:
    form = EmailForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        email = form.cleaned_data["email"]
        ratelimit.require("password_mail", f"to:{email}", sensitive=True)
        passwords.request_reset(email)
        return redirect("account-forgot-sent")
    return render(request, "accounts/forgot.html", {"form": form})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@page(limit="login")
def reset(request: HttpRequest) -> HttpResponse:
    token = _token(request)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    try:
        if form.is_valid():
            passwords.reset_password(token, new=form.cleaned_data["password"], now=timezone.now())
            return redirect("account-reset-done")
        passwords.person_of_reset(token)  # tell them before they think of a password
    except passwords.BadResetToken:
        return render(request, "accounts/reset_refused.html", status=400)
    return render(
        request,
        "accounts/reset.html",
        {"form": form, "token": token, "here": f"{request.path}?{urlencode({'token': token})}"},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page(limit="login")
def verify(request: HttpRequest) -> HttpResponse:
    token = _token(request)
    if request.method == "POST":
        try:
            verification.verify_email(token, now=timezone.now())
        except verification.BadVerificationToken:
            return render(request, "accounts/verify_refused.html", status=400)
        return redirect("account-verified")
    if not token:
        return render(request, "accounts/verify_refused.html", status=400)
    return render(request, "accounts/verify.html", {"token": token})


def _token(request: HttpRequest) -> str:
    given = request.POST if request.method == "POST" else request.GET
    return given.get("token", "")


def plain(template: str) -> Page:
    """A page that only says something."""

    @require_safe
    @page(limit="default")
    def show(request: HttpRequest) -> HttpResponse:
        return render(request, template)

    return show
