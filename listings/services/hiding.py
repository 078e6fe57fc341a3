"""Why a listing is hidden: in a moderator's own words, or in ours, which each reader gets in their language."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

# As it is stored, in the listing, the audit trail and the event: the sentence is its own code
_STORED = "Hidden automatically: {reports} reports"
_STORED_PATTERN = re.compile(r"Hidden automatically: (\d+) reports")


def by_reports(reports: int) -> str:
    return _STORED.format(reports=reports)


def reason_for_readers(stored: str) -> str | Promise:
    """Call it with what is stored; what a moderator wrote comes back as it is."""
    ours = _STORED_PATTERN.fullmatch(stored)
    return format_lazy(_("Hidden automatically: {reports} reports"), reports=ours[1]) if ours else stored
