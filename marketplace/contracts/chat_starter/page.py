"""`/test`: a page that talks as the Swift client does, to see whether a server answers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "contracts/test.html")
