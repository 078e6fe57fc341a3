"""A coloured word, the same in lists and on detail pages."""

from __future__ import annotations

from typing import Literal

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

Kind = Literal["success", "info", "warning", "danger", "default"]


def badge(text: object, kind: Kind) -> SafeString:
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": kind})
