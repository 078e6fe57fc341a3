"""What moderators decide about reports and flags, each with a reason and a line in the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from listings.models import Listing, ListingFlag, ListingReport
from listings.models.moderation import QueueEntry
from listings.services import listings
from marketplace.common import audit

State = QueueEntry.State


@transaction.atomic
def decide_report(report: ListingReport, *, actor: User, uphold: bool, note: str, now: datetime) -> None:
    """An upheld report hides the listing; a dismissed one leaves it as it is."""
    report = ListingReport.objects.select_for_update().get(pk=report.pk)
    if not report.is_open:
        return
    _close(report, actor=actor, uphold=uphold, note=note, now=now)
    if uphold:
        listings.hide(report.listing, actor=actor, reason=note, now=now)


@transaction.atomic
def decide_flag(flag: ListingFlag, *, actor: User, uphold: bool, note: str, now: datetime) -> None:
    """Upheld, the listing is or stays hidden. Dismissed, what the flag had hidden is shown again.

    The listing is locked first, as by whoever raises a flag: they would wait for each other.
    """
    listing = Listing.objects.select_for_update().get(pk=flag.listing_id)
    flag = ListingFlag.objects.select_for_update().get(pk=flag.pk)
    if not flag.is_open:
        return
    _close(flag, actor=actor, uphold=uphold, note=note, now=now)
    if uphold:
        listings.hide(listing, actor=actor, reason=note, now=now)
    elif _was_hidden_by(flag, listing):
        listings.show_again(listing, actor=actor, reason=note, now=now)
    if flag.kind == ListingFlag.Kind.REPORTED:
        _close_reports(listing, actor=actor, uphold=uphold, note=note, now=now)


def _close_reports(listing: Listing, *, actor: User, uphold: bool, note: str, now: datetime) -> None:
    """The reports behind a flag are decided with it, or the next one would hide the listing again.

    A report that a colleague is deciding at this moment is left to them.
    """
    reports = ListingReport.objects.filter(listing=listing).open()
    for report in reports.select_for_update(of=("self",), skip_locked=True).order_by("pk"):
        _close(report, actor=actor, uphold=uphold, note=note, now=now)


def _close(entry: Any, *, actor: User, uphold: bool, note: str, now: datetime) -> None:
    entry.state = State.UPHELD if uphold else State.DISMISSED
    entry.decided_by, entry.decided_at, entry.decision_note = actor, now, note
    entry.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])
    about = {"listing_id": str(entry.listing_id)}
    audit.record(f"{entry._meta.model_name}.{entry.state}", entry, actor=actor, reason=note, data=about)


def _was_hidden_by(flag: ListingFlag, listing: Listing) -> bool:
    """Not what a moderator has hidden since, for a reason of their own."""
    return listing.hidden_at is not None and listing.hidden_at.isoformat() == flag.facts.get("hidden_at")
