"""Keeping categories and brands in order: look at what was added, rename, hide, and merge what is the same.

Listings follow by events, a batch at a time, because a category may hold more of them than one transaction should.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from listings.models import Brand, Category, Listing
from marketplace.common import audit, outbox
from marketplace.common.errors import Conflict

BATCH = 500

Entry = Category | Brand


class CannotMerge(Conflict):
    code = "cannot_merge"
    detail = "These two cannot be merged"


class CannotMove(Conflict):
    code = "cannot_move"
    detail = "A category cannot stand below itself"


@transaction.atomic
def mark_reviewed(entries: Iterable[Entry], *, actor: User, now: datetime) -> int:
    unseen = [entry for entry in entries if entry.reviewed_at is None]
    for entry in unseen:
        _save(entry, reviewed_at=now, updated_at=now)
        audit.record(f"{_kind(entry)}.reviewed", entry, actor=actor)
    return len(unseen)


@transaction.atomic
def set_hidden(entry: Entry, *, is_hidden: bool, actor: User, reason: str, now: datetime) -> None:
    """Nobody can choose a hidden one any more; what was listed under it stays listed."""
    entry = _locked(entry)
    if entry.is_hidden == is_hidden:
        return
    _save(entry, is_hidden=is_hidden, merged_into=None, reviewed_at=now, updated_at=now)
    audit.record(f"{_kind(entry)}.{'hidden' if is_hidden else 'shown_again'}", entry, actor=actor, reason=reason)
    outbox.publish(f"{_kind(entry)}.changed", id=str(entry.pk))


@transaction.atomic
def rename(entry: Entry, *, name: str, actor: User, now: datetime) -> None:
    entry = _locked(entry)
    if entry.name == name:
        return
    former = entry.name
    _save(entry, name=name, reviewed_at=now, updated_at=now)
    audit.record(f"{_kind(entry)}.renamed", entry, actor=actor, data={"from": former, "to": name})
    outbox.publish(f"{_kind(entry)}.renamed", id=str(entry.pk))


@transaction.atomic
def move(key: UUID, *, below: UUID | None, actor: User, now: datetime) -> None:
    """All categories are locked: two moves that are harmless alone could close a circle together."""
    tree = {category.pk: category for category in Category.objects.order_by("pk").select_for_update()}
    category = tree[key]
    if category.parent_id == below:
        return
    if below is not None and below in Category.objects.family_of(key):
        raise CannotMove
    former = category.parent_id
    _save(category, parent_id=below, updated_at=now)
    facts = {"from": _text(former), "to": _text(below)}
    audit.record("category.moved", category, actor=actor, data=facts)
    outbox.publish("category.changed", id=str(key))


@transaction.atomic
def merge(entry: Entry, *, into: UUID, actor: User, reason: str, now: datetime) -> None:
    """Everything of `entry` becomes the other's; what is left of it is an empty, hidden row that says where."""
    pair = {
        row.pk: row for row in type(entry).objects.filter(pk__in=[entry.pk, into]).order_by("pk").select_for_update()
    }
    source, target = pair[entry.pk], pair.get(into)
    if target is None or target == source or target.is_hidden:
        raise CannotMerge
    if isinstance(source, Category):
        _merge_home(source, target, actor=actor, reason=reason, now=now)
    _save(source, is_hidden=True, merged_into=target, reviewed_at=now, updated_at=now)
    facts = {"into": str(target.pk), "name": target.name}
    audit.record(f"{_kind(source)}.merged", source, actor=actor, reason=reason, data=facts)
    outbox.publish(f"{_kind(source)}.merged", id=str(source.pk), into=str(target.pk))


def _merge_home(source: Category, target: Any, *, actor: User, reason: str, now: datetime) -> None:
    """What hangs on a category: those below it, and its brands, of which two may turn out to be the same."""
    if target.pk in Category.objects.family_of(source.pk):
        raise CannotMerge("A category cannot be merged into one below it")
    Category.objects.filter(parent=source).update(parent=target, updated_at=now)
    there = {brand.slug.lower(): brand for brand in Brand.objects.filter(category=target)}
    for brand in Brand.objects.filter(category=source).order_by("pk"):
        same = there.get(brand.slug.lower())
        if same is None:
            _save(brand, category=target, updated_at=now)
        elif not brand.is_hidden and not same.is_hidden:
            merge(brand, into=same.pk, actor=actor, reason=reason, now=now)


# ── What follows, by events ──────────────────────────────────────────────────────────────────────


@transaction.atomic
def move_listings(field: str, source: UUID, target: UUID) -> bool:
    """Up to BATCH of them, with a new version, so that phones fetch them again; whether there may be more."""
    rows = Listing.objects.filter(**{f"{field}_id": source}).order_by("pk").select_for_update(no_key=True)
    batch = list(rows.values_list("pk", flat=True)[:BATCH])
    changes = {f"{field}_id": target, "version": F("version") + 1, "updated_at": Now()}
    Listing.objects.filter(pk__in=batch).update(**changes)
    return len(batch) == BATCH


def move_searches(field: str, source: UUID, target: UUID) -> None:
    """Whoever was waiting for the one is now waiting for the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE listings_savedsearch SET criteria = criteria || jsonb_build_object(%s::text, %s::text)"
            " WHERE criteria->>%s = %s",
            [f"{field}_id", str(target), f"{field}_id", str(source)],
        )


_REFRESH = """
UPDATE listings_listing l SET search = listings_words(l) WHERE id IN (
  SELECT id FROM listings_listing WHERE {column} = %s AND id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE
) RETURNING id
"""
_COLUMNS = {"category": "category_id", "brand": "brand_id"}


def refresh_words(field: str, key: UUID, *, after: UUID) -> UUID | None:
    """The name is among the words by which its listings are found: these are put together anew. Where to go on, if."""
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH.format(column=_COLUMNS[field]), [key, after, BATCH])
        done = [row[0] for row in cursor.fetchall()]
    return max(done) if len(done) == BATCH else None


def _locked(entry: Entry) -> Any:
    return type(entry).objects.select_for_update().get(pk=entry.pk)


def _save(entry: Entry, **facts: Any) -> None:
    for name, value in facts.items():
        setattr(entry, name, value)
    entry.save(update_fields=list(facts))


def _kind(entry: Entry) -> str:
    return str(entry._meta.model_name)


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)
