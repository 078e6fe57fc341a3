"""All that an operator decides by, in one piece; and what a party may be given of it later."""

from __future__ import annotations

from typing import Any

from listings.models import Photo
from marketplace.common.storage import ObjectMissing, get_store
from orders.models import Dispute, LedgerTransaction, Order, OrderEvent
from orders.services.disputes.evidence import digest_of


def gather(dispute: Dispute) -> dict[str, Any]:
    """Not inside a transaction: pictures are read from the store to hash them."""
    order = dispute.order
    return {
        "dispute": _dispute(dispute),
        "order": _order(order),
        "listing_as_bought": order.listing_as_bought,
        "photos": [_photo(photo, order) for photo in Photo.objects.filter(listing=order.listing_id).in_order()],
        "statements": _rows(dispute.statements, "id", "author_id", "party", "text", "created_at"),
        "files": _rows(
            dispute.evidence,
            *("id", "author_id", "party", "storage_key", "name", "content_type", "size_bytes"),
            *("sha256", "created_at"),
        ),
        "events": [_event(event) for event in order.events.order_by("version")],
        "bookings": [
            _booking(booking) for booking in order.bookings.prefetch_related("postings__account").order_by("pk")
        ],
    }


def _dispute(dispute: Dispute) -> dict[str, Any]:
    return {
        "id": dispute.pk,
        "raised_by": dispute.raised_by,
        "reason": dispute.reason,
        "status": dispute.status.value,
        "created_at": dispute.created_at,
        "escalated_at": dispute.escalated_at,
        "proposals": {"buyer": dispute.buyer_proposal_cents, "seller": dispute.seller_proposal_cents},
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        **{name: getattr(order, name) for name in ("number", "buyer_id", "seller_id", "listing_id", "quantity")},
        **{name: getattr(order, name) for name in ("unit_price_cents", "total_cents", "currency", "created_at")},
        **{name: getattr(order, name) for name in ("state", "version", "proof", "tracking_number", "release_cents")},
        "id": order.pk,
    }


def _rows(related: Any, *names: str) -> list[dict[str, Any]]:
    return list(related.order_by("pk").values(*names))


def _photo(photo: Photo, order: Order) -> dict[str, Any]:
    """The original, as the seller sent it: what is shown was made of it."""
    return {
        "id": photo.pk,
        "storage_key": photo.storage_key,
        "created_at": photo.created_at,
        "was_there_when_ordered": photo.created_at <= order.created_at,
        "sha256": _sha256(photo.original_key),
    }


def _sha256(key: str) -> str | None:
    try:
        with get_store().open(key) as file:
            return digest_of(file)
    except ObjectMissing:
        return None


def _event(event: OrderEvent) -> dict[str, Any]:
    names = ("version", "step", "from_state", "to_state", "party", "actor_id", "reason", "facts", "at")
    return {**{name: getattr(event, name) for name in names}, "hash": bytes(event.hash).hex()}


def _booking(booking: LedgerTransaction) -> dict[str, Any]:
    postings = [(posting.account.code, posting.amount) for posting in booking.postings.all()]
    return {"source": booking.source, "at": booking.at, "postings": [{"account": c, "cents": n} for c, n in postings]}
