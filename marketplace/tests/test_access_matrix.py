"""T12: every route of /v1, for every kind of caller. A new route without a row here fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Device, Notification, Session, User
from conftest import session_of
from listings.models import Category, Listing, MaintenanceRun, Photo, SavedSearch
from listings.services import listings
from marketplace.common.ids import uuid7
from marketplace.tests.routes import api_routes, undone

pytestmark = pytest.mark.django_db

CALLERS = ("anonymous", "stranger", "owner", "moderator")
# route and method -> what anonymous, a stranger, the owner and a moderator get for the owner's thing
MATRIX: dict[str, tuple[int, int, int, int]] = {
    "POST /v1/auth/register": (422, 422, 422, 422),
    "POST /v1/auth/login": (422, 422, 422, 422),
    "POST /v1/auth/refresh": (422, 422, 422, 422),
    "GET /v1/auth/me": (401, 200, 200, 200),
    "POST /v1/auth/logout": (401, 200, 200, 200),
    "GET /v1/auth/sessions": (401, 200, 200, 200),
    "DELETE /v1/auth/sessions/<uuid:session_id>": (401, 404, 204, 404),
    "POST /v1/auth/password/change": (401, 400, 400, 400),
    "POST /v1/auth/password/forgot": (422, 422, 422, 422),
    "POST /v1/auth/password/reset": (422, 422, 422, 422),
    "POST /v1/auth/email/request": (422, 422, 422, 422),
    "POST /v1/auth/email/verify": (422, 422, 422, 422),
    "GET /v1/users/me": (401, 200, 200, 200),
    "PATCH /v1/users/me": (401, 200, 200, 200),
    "GET /v1/users/me/blocks": (401, 200, 200, 200),
    "GET /v1/users/by-email": (401, 200, 200, 200),
    "GET /v1/users/<uuid:user_id>": (401, 200, 200, 200),
    "PUT /v1/users/<uuid:user_id>/block": (401, 200, 400, 200),
    "DELETE /v1/users/<uuid:user_id>/block": (401, 204, 204, 204),
    "POST /v1/users/<uuid:user_id>/report": (401, 201, 400, 201),
    "GET /v1/devices": (401, 200, 200, 200),
    "POST /v1/devices": (401, 201, 201, 201),
    "DELETE /v1/devices/<uuid:device_id>": (401, 404, 204, 404),
    "POST /v1/contacts/match": (401, 200, 200, 200),
    "GET /v1/notifications": (401, 200, 200, 200),
    "GET /v1/notifications/unread-count": (401, 200, 200, 200),
    "GET /v1/notifications/preferences": (401, 200, 200, 200),
    "PUT /v1/notifications/preferences": (401, 200, 200, 200),
    "POST /v1/notifications/read-all": (401, 200, 200, 200),
    "POST /v1/notifications/<uuid:notification_id>/read": (401, 404, 200, 404),
    # Things: the listing is the owner's and on offer
    "GET /v1/categories": (200, 200, 200, 200),
    "POST /v1/categories": (401, 201, 201, 201),
    "GET /v1/brands": (200, 200, 200, 200),
    "POST /v1/brands": (401, 201, 201, 201),
    "GET /v1/listings": (401, 200, 200, 200),
    "POST /v1/listings": (401, 201, 201, 201),
    "GET /v1/listings/suggest": (401, 422, 422, 422),
    "GET /v1/listings/<uuid:listing_id>/price-history": (401, 200, 200, 200),
    "GET /v1/listings/<uuid:listing_id>": (401, 200, 200, 200),
    "PATCH /v1/listings/<uuid:listing_id>": (401, 404, 200, 404),
    "DELETE /v1/listings/<uuid:listing_id>": (401, 404, 204, 404),
    "PUT /v1/listings/<uuid:listing_id>/favourite": (401, 200, 200, 200),
    "DELETE /v1/listings/<uuid:listing_id>/favourite": (401, 204, 204, 204),
    "PUT /v1/listings/<uuid:listing_id>/viewed": (401, 204, 204, 204),
    "POST /v1/listings/<uuid:listing_id>/report": (401, 201, 400, 201),
    "GET /v1/favourites": (401, 200, 200, 200),
    "GET /v1/recently-viewed": (401, 200, 200, 200),
    "DELETE /v1/recently-viewed": (401, 204, 204, 204),
    "GET /v1/saved-searches": (401, 200, 200, 200),
    "POST /v1/saved-searches": (401, 201, 201, 201),
    "PATCH /v1/saved-searches/<uuid:search_id>": (401, 404, 200, 404),
    "DELETE /v1/saved-searches/<uuid:search_id>": (401, 404, 204, 404),
    "GET /v1/price-suggestions/suggest": (401, 200, 200, 200),
    "GET /v1/price-suggestions/<uuid:listing_id>/recent": (401, 404, 200, 404),
    "POST /v1/price-suggestions/<uuid:listing_id>/compute": (401, 404, 201, 404),
    "GET /v1/features": (200, 200, 200, 200),
    "POST /v1/maintenance/thumbnails/rebuild": (401, 403, 403, 403),
    "POST /v1/maintenance/price-suggestions/precompute": (401, 403, 403, 403),
    "POST /v1/maintenance/cleanup/orphans": (401, 403, 403, 403),
    "GET /v1/maintenance/tasks/<uuid:task_id>": (401, 403, 403, 403),
    # Providers need no token but a signature; who has no such order cannot practise with it
    # Copies: strangers get the catalog
    "GET /v1/catalog/delta": (200, 200, 200, 200),
    "GET /v1/sync/delta": (200, 200, 200, 200),
    "POST /v1/sync/push": (401, 422, 422, 422),
    # Pictures: the owner's, not yet looked at by the worker
    "POST /v1/images/presign": (401, 404, 201, 404),
    "POST /v1/images/confirm": (401, 404, 409, 404),
    "GET /v1/images/preview": (401, 422, 422, 422),
    "POST /v1/images/preview": (401, 404, 200, 404),
    "POST /v1/listings/<uuid:listing_id>/image": (401, 404, 409, 404),
    "GET /v1/listings/<uuid:listing_id>/photos": (401, 200, 200, 200),
    "PUT /v1/listings/<uuid:listing_id>/photos/order": (401, 404, 200, 404),
    "DELETE /v1/listings/<uuid:listing_id>/photos/<uuid:photo_id>": (401, 404, 204, 404),
    # Numbers: one's own, and nobody has asked the owner anything
    "GET /v1/telemetry/sellers/<uuid:seller_id>/response-metrics": (401, 404, 404, 404),
    "GET /v1/sellers/me/numbers": (401, 200, 200, 200),
    # Numbers; a setting leaves them to staff
    "GET /v1/analytics/bq/1_1": (401, 200, 200, 200),
    "GET /v1/analytics/bq/1_2": (401, 200, 200, 200),
    "GET /v1/analytics/bq/2_1": (401, 200, 200, 200),
    "GET /v1/analytics/bq/2_2": (401, 200, 200, 200),
    "GET /v1/analytics/bq/2_4": (401, 200, 200, 200),
    "GET /v1/analytics/bq/3_1": (401, 200, 200, 200),
    "GET /v1/analytics/bq/3_2": (401, 200, 200, 200),
    "GET /v1/analytics/bq/4_1": (401, 200, 200, 200),
    "GET /v1/analytics/bq/4_2": (401, 200, 200, 200),
    "GET /v1/analytics/bq/5_1": (401, 200, 200, 200),
    "GET /v1/analytics/exports/<str:question>.csv": (401, 403, 403, 200),
    # Anybody may tell what happened
    "POST /v1/events": (202, 202, 202, 202),
    "POST /v1/features/use": (401, 202, 202, 202),
}

# what is sent where an empty object would not get as far as the question who may; names in braces are keys of things
BODIES = {
    "POST /v1/categories": '{"slug": "bikes", "name": "Bikes"}',
    "POST /v1/brands": '{"slug": "casio", "name": "Casio"}',
    "POST /v1/listings": '{"title": "Mouse", "price_cents": 100, "category_id": "{category_id}"}',
    "POST /v1/listings/<uuid:listing_id>/report": '{"reason": "scam"}',
    "POST /v1/saved-searches": '{"name": "Saws", "criteria": {"q": "saw"}}',
    "POST /v1/images/presign": '{"listing_id": "{listing_id}", "filename": "a.jpg", "content_type": "image/jpeg"}',
    "POST /v1/images/confirm": '{"listing_id": "{listing_id}", "object_key": "{absent_key}"}',
    "POST /v1/images/preview": '{"object_key": "{photo_key}"}',
    "POST /v1/listings/<uuid:listing_id>/image": '{"object_key": "{absent_key}"}',
    "PUT /v1/listings/<uuid:listing_id>/photos/order": '{"photo_ids": ["{photo_id}"]}',
    "POST /v1/auth/password/change": '{"current_password": "guess", "new_password": "another horse"}',
    "POST /v1/users/<uuid:user_id>/report": '{"reason": "spam"}',
    "POST /v1/devices": '{"platform": "ios"}',
    "POST /v1/contacts/match": '{"email_hashes": []}',
    "POST /v1/events": '{"events": [{"event_type": "screen.view", "session_id": "abcdef"}]}',
    "POST /v1/features/use": '{"feature_key": "chat"}',
}


def test_T12_every_route_has_a_row_and_every_row_a_route() -> None:
    """Money and talk have matrices of their own, in `orders/tests/test_order_matrix.py` and `chat/tests/…`."""
    known = api_routes(but_not=("orders.", "chat."))
    routes = {f"{method.upper()} {route}" for route, methods in known for method in methods}

    assert routes == set(MATRIX)


@pytest.mark.parametrize("row", MATRIX)
def test_T12_each_caller_gets_what_is_theirs(
    row: str,
    buyer: User,
    stranger: User,
    moderator: User,
    signed_in: Callable[..., APIClient],
) -> None:
    method, route = row.split(" ")
    category = Category.objects.create(slug="tools", name="Tools")
    listing = listings.offer(buyer, facts={"title": "Saw", "price_cents": 1, "category": category})
    photo_key, absent_key = (f"listings/{listing.pk}/{uuid7()}.jpg" for _ in range(2))
    photo = Photo.objects.create(listing=listing, storage_key=photo_key, content_type="image/jpeg", size_bytes=1)
    things = {
        "photo_id": photo.pk,
        "photo_key": photo_key,
        "absent_key": absent_key,
        "task_id": MaintenanceRun.objects.create(chore=MaintenanceRun.Chore.SUGGESTIONS).pk,
        "search_id": SavedSearch.objects.create(user=buyer, name="Tools", criteria={"q": "hammer"}).pk,
        "category_id": category.pk,
        "listing_id": listing.pk,
        "user_id": buyer.pk,
        "seller_id": buyer.pk,
        "session_id": session_of(buyer).pk,
        "device_id": Device.objects.create(user=buyer, platform="ios").pk,
        "notification_id": Notification.objects.create(user=buyer, kind="x", title="x", event_id=uuid7()).pk,
    }
    sent = BODIES.get(row, "{}")
    for name, key in things.items():
        route = route.replace(f"<uuid:{name}>", str(key)).replace("<str:question>", "1_1")
        sent = sent.replace(f"{{{name}}}", str(key))
    people = {"stranger": stranger, "owner": buyer, "moderator": moderator}
    query = "?email=buyer@uni.edu" if route.endswith("by-email") else ""

    for caller, wanted in zip(CALLERS, MATRIX[row], strict=True):
        client = APIClient() if caller == "anonymous" else signed_in(people[caller])
        with undone():
            reply = client.generic(method, route + query, sent, content_type="application/json")

            assert (caller, reply.status_code) == (caller, wanted), reply.content
            if reply.status_code in (401, 404):
                require_untouched(things)


def require_untouched(things: dict[str, Any]) -> None:
    assert Device.objects.filter(pk=things["device_id"]).exists()
    assert Session.objects.get(pk=things["session_id"]).revoked_at is None
    assert Notification.objects.get(pk=things["notification_id"]).read_at is None
    assert Listing.objects.get(pk=things["listing_id"]).version == 1


def test_T14_nobody_promotes_themselves(signed_in: Callable[..., APIClient], buyer: User) -> None:
    wanted = {
        "role": "admin",
        "is_staff": True,
        "is_superuser": True,
        "is_active": False,
        "is_delivery": True,
        "email_verified_at": "2026-01-01T00:00:00Z",
        "id": "00000000-0000-7000-8000-000000000000",
        "number": 1,
        "password": "changed-by-patch",
        "picture": "people/../../etc/passwd",
        "name": "Only This",
    }
    before = User.objects.values("id", "number", "password", "picture").get(pk=buyer.pk)

    reply = signed_in(buyer).patch("/v1/users/me", wanted)

    assert reply.status_code == 200
    after = User.objects.get(pk=buyer.pk)
    assert after.name == "Only This"
    assert (after.is_staff, after.is_superuser, after.is_delivery) == (False, False, False)
    assert after.is_active
    assert (after.role, after.email_verified_at) == (None, None)
    assert User.objects.values("id", "number", "password", "picture").get(pk=buyer.pk) == before


def test_T14_registration_makes_ordinary_people_only(anonymous: APIClient) -> None:
    body = {"name": "Eve", "email": "eve@uni.edu", "password": "Passw0rd", "is_staff": True, "role": "admin"}

    assert anonymous.post("/v1/auth/register", body).status_code == 201
    eve = User.objects.get()
    assert (eve.is_staff, eve.is_superuser, eve.role) == (False, False, None)


def test_T15_a_disabled_or_changed_person_is_judged_by_the_row_not_by_the_token(
    signed_in: Callable[..., APIClient], buyer: User
) -> None:
    client = signed_in(buyer)
    User.objects.filter(pk=buyer.pk).update(is_active=False)

    assert client.get("/v1/auth/me").status_code == 401


def test_who_blocked_me_cannot_be_looked_up_or_reported(
    signed_in: Callable[..., APIClient], buyer: User, stranger: User
) -> None:
    signed_in(buyer).put(f"/v1/users/{stranger.pk}/block")
    client = signed_in(stranger)

    assert client.get(f"/v1/users/{buyer.pk}").status_code == 404
    assert client.post(f"/v1/users/{buyer.pk}/report", {"reason": "spam"}).status_code == 404
    assert [row["username"] for row in signed_in(buyer).get("/v1/users/me/blocks").json()] == ["stranger"]


def test_a_person_is_reported_once_while_the_report_is_open(
    signed_in: Callable[..., APIClient], buyer: User, stranger: User
) -> None:
    client = signed_in(buyer)
    first = client.post(f"/v1/users/{stranger.pk}/report", {"reason": "scam", "text": "asked for a deposit"})
    again = client.post(f"/v1/users/{stranger.pk}/report", {"reason": "scam"})

    assert (first.status_code, again.status_code) == (201, 409)
    assert client.post(f"/v1/users/{buyer.pk}/report", {"reason": "scam"}).status_code == 400
