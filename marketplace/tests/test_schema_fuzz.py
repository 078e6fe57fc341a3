"""Our own OpenAPI against the app: what the schema promises, in both directions. The long form is `faults/fuzz.py`.

Schemathesis derives valid and invalid requests from `/openapi.json` and holds every reply against it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from schemathesis.core.failures import FailureGroup
from schemathesis.pytest.lazy import get_all_tests

from accounts.models import Device, Notification, User
from accounts.tokens import pair_for
from chat.models import Upload
from conftest import session_of
from listings.models import Category, SavedSearch
from listings.services import listings
from marketplace.tests.promises import fits, held_to_its_promises, meet
from marketplace.wsgi import application

schema = held_to_its_promises(schemathesis.openapi.from_wsgi("/openapi.json", application))
UNHURRIED = hypothesis_settings(
    max_examples=10, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
OPERATIONS = [operation.ok().label for operation in schema.get_all_operations()]


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Requests run inside the test's own transaction, as those of Django's test client do."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def headers(buyer: User, settings: Any) -> dict[str, str]:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
    return {"Authorization": f"Bearer {pair_for(session_of(buyer)).access}"}


@pytest.fixture
def ids(buyer: User, seller: User) -> dict[str, Any]:
    device = Device.objects.create(user=buyer, platform=Device.Platform.WEB, push_token="p")
    told = Notification.objects.create(user=buyer, kind="account.new_device", title="Hello", event_id=uuid4())
    category = Category.objects.create(slug="tools", name="Tools")
    listing = listings.offer(buyer, facts={"title": "Saw", "price_cents": 100, "category": category})
    search = SavedSearch.objects.create(user=buyer, name="Saws", criteria={"q": "saw"})
    upload = Upload.objects.create(uploader=buyer, name="a.pdf", storage_key=f"chat/{buyer.pk}/a.pdf", state="ready")
    return {
        "upload_id": upload.pk,
        "listing_id": listing.pk,
        "search_id": search.pk,
        "user_id": seller.pk,
        "device_id": device.pk,
        "session_id": session_of(buyer).pk,
        "notification_id": told.pk,
        "/products/": listing.number,
        "/users/": seller.number,
        "/api/uploads/": upload.number,
        "/api/users/": seller.number,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("label", OPERATIONS)
def test_T42_the_app_keeps_to_its_schema(label: str, headers: dict[str, str], ids: dict[str, Any]) -> None:
    """Not `schema.parametrize()`: it gives all operations one node id, and xdist then runs only one of them."""

    def keeps_to_it(case: Any) -> None:
        meet(case, ids)
        with transaction.atomic():
            case.call_and_validate(headers=headers)
            transaction.set_rollback(True)  # a logout that succeeded must not end the test

    tests: Any = get_all_tests(
        schema=schema.include(name=label), test_func=keeps_to_it, settings=UNHURRIED, given_kwargs={}
    )
    for built in tests:
        built.ok()[1]()


@pytest.mark.django_db
def test_a_schema_that_lies_is_caught(headers: dict[str, str]) -> None:
    lie: Any = json.loads(json.dumps(schema.raw_schema))
    lie["components"]["schemas"]["MeOut"]["required"].append("shoe_size")
    case = schemathesis.openapi.from_dict(lie)["/v1/auth/me"]["GET"].Case()

    reply = case.call(app=application, headers=headers)

    with pytest.raises(FailureGroup):
        case.validate_response(reply)


@pytest.mark.parametrize(
    ("value", "kind", "is_read"),
    [
        (0, "boolean", True),
        ("No", "boolean", True),
        ("maybe", "boolean", False),
        (2, "boolean", False),
        (7, "string", True),
        ([], "string", False),
        ("7", "integer", True),
        ("7.5", "integer", False),
        (None, "integer", False),
    ],
)
def test_only_what_is_plainly_meant_passes_as_another_type(value: Any, kind: str, is_read: bool) -> None:
    assert fits(value, {"type": kind}) is is_read
