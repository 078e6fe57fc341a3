"""People report listings; enough of them hide one until a moderator has looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from listings.models import Listing, ListingFlag, ListingReport
from listings.services import hiding, listings
from marketplace.common import audit, outbox
from marketplace.common.errors import Conflict, DomainError


class OwnListing(DomainError):
    code = "own_listing"
    detail = "You cannot report your own listing"


class AlreadyReported(Conflict):
    code = "already_reported"
    detail = "You have already reported this listing"


@dataclass(frozen=True)
class AutoHide:
    """How many reports hide a listing (0: never), and how old an account must be for its report to count."""

    reports: int
    account_age: timedelta


@transaction.atomic
def report(
    reporter: User, listing: Listing, *, reason: str, text: str, auto_hide: AutoHide, now: datetime
) -> ListingReport:
    if listing.belongs_to(reporter):
        raise OwnListing
    listing = Listing.objects.select_for_update().get(pk=listing.pk)  # one report is counted after the other
    if ListingReport.objects.filter(listing=listing, reporter=reporter).exists():
        raise AlreadyReported
    made: ListingReport = ListingReport.objects.create(listing=listing, reporter=reporter, reason=reason, text=text)
    outbox.publish("listing.reported", report_id=str(made.pk), listing_id=str(listing.pk))
    _hide_if_many(listing, auto_hide, now=now)
    made.refresh_from_db(fields=["created_at"])
    return made


def _hide_if_many(listing: Listing, auto_hide: AutoHide, *, now: datetime) -> None:
    """Under the listing's lock. One that is hidden already has a moderator's attention; of one that a moderator has
    shown again, what was reported before counts no more."""
    if listing.hidden_at is not None or not auto_hide.reports:
        return
    counted = ListingReport.objects.filter(listing=listing).that_count(accounts_since=now - auto_hide.account_age)
    looked_at = audit.last("listing.shown_again", listing)
    many = counted.filter(pk__gt=looked_at.pk).count() if looked_at else counted.count()  # keys are in order of time
    if many < auto_hide.reports:
        return
    listings.hide(listing, actor=None, reason=hiding.by_reports(many), now=now)
    facts = {"reports": many, "hidden_at": now.isoformat()}
    flags = ListingFlag.objects.filter(listing=listing, kind=ListingFlag.Kind.REPORTED).open()
    if not flags.update(facts=facts):  # one that is open is enough, and is about this hiding from now on
        ListingFlag.objects.create(listing=listing, kind=ListingFlag.Kind.REPORTED, facts=facts)
