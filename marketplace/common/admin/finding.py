"""Getting from one row to another, and to the one whose number or id somebody wrote down."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Model, Q
from django.urls import reverse
from django.utils.html import format_html


def exactly(term: str) -> Q | None:
    """What was typed into a search box, if it is a number or an id."""
    if term.isascii() and term.isdecimal() and len(term) <= 18:
        return Q(number=int(term))
    try:
        return Q(pk=UUID(term))
    except ValueError:
        return None


def link_to(row: Model, text: object | None = None) -> str:
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', url, row if text is None else text)
