"""What both sides of a dispute have said, handed in and proposed: for the page of its order, before all the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.template.defaultfilters import filesizeformat, linebreaksbr
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from listings.models import Photo
from marketplace.common.admin import badge
from marketplace.common.storage import get_store
from orders.admin.showing import moment, sum_of
from orders.admin.story import Section
from orders.models import Dispute, DisputeEvidence, DisputeStatement, Order

SMALL = 300
PROPOSALS = _("For the seller, proposes the buyer"), _("For the seller, proposes the seller")


def story_of_dispute(order: Order, viewer: Any) -> list[Section]:
    """Nothing, for staff who are no operators: what the two say is between them and those who decide."""
    dispute = Dispute.objects.visible_to(viewer).filter(order=order).first()
    if dispute is None:
        return []
    dispute.order = order
    return [_dispute(dispute), _statements(dispute), _files(dispute), _photos(order)]


def _dispute(dispute: Dispute) -> Section:
    currency = dispute.order.currency
    row = (
        f"{dispute.get_raised_by_display()}, {moment(dispute.created_at)}",
        linebreaksbr(dispute.reason or "-", autoescape=True),
        sum_of(dispute.buyer_proposal_cents, currency),
        sum_of(dispute.seller_proposal_cents, currency),
        moment(dispute.escalated_at),
        _link("bundle", _t("as a file"), dispute.order_id),
    )
    return Section(
        "dispute",
        _("The dispute"),
        (_("Opened by"), _("Reason"), *PROPOSALS, _("Asks for an operator since"), _("All of it")),
        [row],
        note=badge(dispute.status.label, "warning" if dispute.is_open else "default"),
    )


def _statements(dispute: Dispute) -> Section:
    rows = dispute.statements.select_related("author").order_by("pk")
    return Section(
        "statements",
        _("What was said"),
        (_("When"), _("By"), _("Statement")),
        [(moment(each.created_at), _who(each), linebreaksbr(each.text, autoescape=True)) for each in rows],
        nothing=_("Nobody has said anything."),
    )


def _files(dispute: Dispute) -> Section:
    rows = dispute.evidence.select_related("author").order_by("pk")
    return Section(
        "files",
        _("What was handed in"),
        (_("When"), _("By"), _("File"), _("Type"), _("Size"), "SHA-256"),
        list(_evidence(rows, dispute.order_id)),
        nothing=_("Nobody has handed in a file."),
    )


def _evidence(rows: Iterable[DisputeEvidence], order_id: object) -> Iterable[Sequence[object]]:
    for each in rows:
        link = _link("evidence", each.name or _t("a file without a name"), order_id, each.pk)
        size = filesizeformat(each.size_bytes)
        yield moment(each.created_at), _who(each), link, each.content_type, size, each.sha256[:12]


def _photos(order: Order) -> Section:
    rows = Photo.objects.filter(listing=order.listing_id).ready().in_order()
    return Section(
        "photos",
        _("Pictures of the listing"),
        (_("Picture"), _("Added"), _("Was there when it was ordered")),
        [_photo(each, order) for each in rows],
        nothing=_("The listing has no picture."),
    )


def _photo(photo: Photo, order: Order) -> Sequence[object]:
    whole, small = (get_store().public_url(key) for key in (photo.storage_key, photo.version_key(SMALL)))
    picture = format_html('<a href="{}"><img src="{}" width="120" alt="" loading="lazy"></a>', whole, small)
    return picture, moment(photo.created_at), _t("yes") if photo.created_at <= order.created_at else _t("no")


def _who(said: DisputeStatement | DisputeEvidence) -> str:
    return f"{said.get_party_display()} {said.author.username}"


def _link(page: str, text: str, *keys: object) -> SafeString:
    return format_html('<a class="text-link" href="{}">{}</a>', reverse(f"admin:orders_order_{page}", args=keys), text)
