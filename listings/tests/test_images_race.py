"""Pictures under concurrency, with real transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing, Photo, RemovedPhoto
from listings.pictures.painter import Painter
from listings.services.pictures import removal, uploading, work
from listings.tests.studio import Studio, jpeg
from marketplace.common.models import OutboxEvent
from marketplace.common.storage.local import LocalStore

AT_ONCE = 20

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_limits")]


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    answers: list[Any] = []
    barrier = threading.Barrier(len(calls), timeout=20)

    def run(call: Callable[[], Any]) -> None:
        connection.ensure_connection()
        barrier.wait()
        answers.append(call())
        connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_T27f_twenty_confirms_at_once_make_one_row(
    studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    key = studio.uploaded(seller, listing, jpeg())
    clients: list[APIClient] = [studio.signed_in(seller) for _ in range(AT_ONCE)]
    body = {"listing_id": str(listing.pk), "object_key": key}

    replies = at_once([lambda c=client: c.post("/v1/images/confirm", body) for client in clients])  # type: ignore[misc]

    assert [reply.status_code for reply in replies] == [200] * AT_ONCE
    assert Photo.objects.count() == 1
    assert Listing.objects.get(pk=listing.pk).version == 2
    assert OutboxEvent.objects.filter(kind="photo.confirmed").count() == 1


def test_T27f_a_confirm_overtaken_at_any_step_answers_as_the_other_one(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one promotes and clears the waiting room between our looking at it and our next step."""
    listing = make_listing()
    for step in ("head", "_declared_type", "read_start", "promote"):
        key, real = local_studio.uploaded(seller, listing, jpeg()), getattr(LocalStore, step)

        def overtaken(
            store: LocalStore, *args: Any, step: str = step, key: str = key, real: Any = real, **more: Any
        ) -> Any:
            monkeypatch.setattr(LocalStore, step, real)
            assert local_studio.confirm(seller, listing, key).status_code == 200
            return real(store, *args, **more)

        monkeypatch.setattr(LocalStore, step, overtaken)
        assert local_studio.confirm(seller, listing, key).status_code == 200, step

    assert Photo.objects.count() == 4


def test_the_last_place_goes_to_one_of_many(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    keys = [local_studio.uploaded(seller, listing, jpeg()) for _ in range(4)]
    for n in range(uploading.MOST_PHOTOS - 1):
        Photo.objects.create(listing=listing, storage_key=f"listings/{listing.pk}/{n}", size_bytes=1, position=n)
    bodies = [{"listing_id": str(listing.pk), "object_key": key} for key in keys]
    clients = [local_studio.signed_in(seller) for _ in keys]

    calls = [lambda c=c, b=b: c.post("/v1/images/confirm", b) for c, b in zip(clients, bodies, strict=True)]
    replies = at_once(list(calls))

    assert sorted(reply.status_code for reply in replies) == [200, 409, 409, 409]
    assert Photo.objects.count() == uploading.MOST_PHOTOS


def test_a_picture_removed_while_the_worker_has_it_leaves_nothing_behind(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = make_listing()
    photo = local_studio.confirmed(seller, listing, jpeg())
    render = Painter.render

    def removed_meanwhile(*args: Any, **kwargs: Any) -> Any:
        facts = render(*args, **kwargs)
        reply = local_studio.signed_in(seller).delete(f"/v1/listings/{listing.pk}/photos/{photo.pk}")
        assert reply.status_code == 204
        assert removal.delete_due() == 1
        return facts

    monkeypatch.setattr(Painter, "render", removed_meanwhile)
    assert work.work_off_due() == 1

    assert not Photo.objects.exists()
    assert local_studio.stored_keys(listing) == set()
    assert not OutboxEvent.objects.filter(kind="photo.ready").exists()


def test_a_worker_whose_lease_ran_out_changes_nothing(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = make_listing()
    photo = local_studio.confirmed(seller, listing, jpeg())
    render = Painter.render

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(Painter, "render", render)
        Photo.objects.filter(pk=photo.pk).update(due_at=photo.created_at)  # as if its lease had run out
        claim = next(work.queue.claims(limit=1, for_seconds=5))
        assert work._work(claim) == 1
        return render(*args, **kwargs)

    monkeypatch.setattr(Painter, "render", overtaken)
    work.work_off_due(limit=1)

    assert Photo.objects.get().state == "ready"
    assert OutboxEvent.objects.filter(kind="photo.ready").count() == 1
    assert len(local_studio.stored_keys(listing)) == 4


def test_a_removed_key_is_not_used_again(
    local_studio: Studio, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    granted = local_studio.presign(seller, listing).json()
    local_studio.put(granted, jpeg())
    local_studio.confirm(seller, listing, granted["object_key"])
    local_studio.signed_in(seller).delete(f"/v1/listings/{listing.pk}/photos/{Photo.objects.get().pk}")

    local_studio.put(granted, jpeg())
    reply = local_studio.confirm(seller, listing, granted["object_key"])

    assert (reply.status_code, reply.json()["code"]) == (409, "picture_removed")
    assert removal.delete_due() == 1
    assert local_studio.stored_keys(listing) == set()
    assert RemovedPhoto.objects.get().due_at is None
