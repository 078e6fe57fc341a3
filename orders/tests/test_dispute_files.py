"""Files in a dispute: handed in as pictures are, kept with their hash, and given to nobody else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from listings.tests.studio import jpeg
from marketplace.common.storage import get_store
from orders.lifecycle import Party
from orders.models import Dispute, DisputeEvidence, Order
from orders.services.disputes import opening, settling
from orders.services.disputes.bundle import gather
from orders.tests.parties import at_once, ship

pytestmark = pytest.mark.django_db
SignIn = Callable[..., APIClient]
ADDRESS = "http://market.test"
PICTURE = jpeg(64, 64)


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> None:
    settings.S3_ENDPOINT, settings.MEDIA_ROOT, settings.BASE_URL = "", tmp_path, ADDRESS


@pytest.fixture
def dispute(buyer: User, order: Order) -> Dispute:
    ship(order)
    return opening.open_dispute(buyer, order.pk, raised_by=Party.BUYER, reason="Broken")


def address(dispute: Dispute, *more: object) -> str:
    return "/".join(["/v1/disputes", str(dispute.pk), "evidence", *map(str, more)])


def granted(
    client: APIClient, dispute: Dispute, name: str = "scratch.jpg", type: str = "image/jpeg", **more: Any
) -> Any:
    return client.post(address(dispute, "presign"), {"filename": name, "content_type": type, **more})


def uploaded(client: APIClient, dispute: Dispute, body: bytes = PICTURE, **more: Any) -> str:
    reply = granted(client, dispute, **more)
    assert reply.status_code == 201, reply.content
    put = reply.json()
    sent = Client().put(put["upload_url"].removeprefix(ADDRESS), body, content_type=put["headers"]["Content-Type"])
    assert sent.status_code == 200, sent.content
    return str(put["object_key"])


def handed_in(client: APIClient, dispute: Dispute, **more: Any) -> Any:
    key = uploaded(client, dispute, **more)
    return client.post(address(dispute), {"object_key": key, "name": "../My scratch.jpg"})


def test_a_file_is_kept_with_its_hash(signed_in: SignIn, buyer: User, seller: User, dispute: Dispute) -> None:
    reply = handed_in(signed_in(buyer), dispute)

    assert reply.status_code == 201
    sha256 = hashlib.sha256(PICTURE).hexdigest()
    expected = {"party": "buyer", "sha256": sha256, "size_bytes": len(PICTURE), "content_type": "image/jpeg"}
    assert expected.items() <= reply.json().items()
    assert signed_in(seller).get(address(dispute)).json() == [reply.json()]
    bundle = gather(Dispute.objects.select_related("order").get(pk=dispute.pk))
    assert [row["sha256"] for row in bundle["files"]] == [sha256]


def test_it_is_given_to_parties_and_operators_and_cannot_run(
    signed_in: SignIn, buyer: User, seller: User, stranger: User, moderator: User, dispute: Dispute
) -> None:
    file = address(dispute, handed_in(signed_in(buyer), dispute).json()["id"])

    for who in (buyer, seller, moderator):
        reply: Any = signed_in(who).get(file)
        assert (reply.status_code, b"".join(reply.streaming_content)) == (200, PICTURE)
        assert reply["Content-Disposition"].startswith("attachment")
        assert reply["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in reply["Content-Security-Policy"]
        assert reply["Cache-Control"] == "private, no-store"
    assert signed_in(stranger).get(file).status_code == 404
    assert APIClient().get(file).status_code == 401


def test_it_has_no_public_address(signed_in: SignIn, buyer: User, dispute: Dispute) -> None:
    handed_in(signed_in(buyer), dispute)
    key = DisputeEvidence.objects.get().storage_key

    assert Client().get(f"/media/{key}").status_code == 404
    assert Client().get(f"/storage/{key}").status_code == 403


def test_through_another_dispute_it_is_not_there(
    signed_in: SignIn, buyer: User, dispute: Dispute, make_order: Callable[..., Order]
) -> None:
    evidence_id = handed_in(signed_in(buyer), dispute).json()["id"]
    other = opening.open_dispute(buyer, ship(make_order()).pk, raised_by=Party.BUYER)

    assert signed_in(buyer).get(address(other, evidence_id)).status_code == 404


def test_nobody_else_hands_anything_in(signed_in: SignIn, buyer: User, stranger: User, dispute: Dispute) -> None:
    key = uploaded(signed_in(buyer), dispute)

    assert granted(signed_in(stranger), dispute).status_code == 404
    assert signed_in(stranger).post(address(dispute), {"object_key": key}).status_code == 404
    assert not DisputeEvidence.objects.exists()


def test_what_is_not_what_it_says_is_refused(signed_in: SignIn, buyer: User, dispute: Dispute) -> None:
    client = signed_in(buyer)
    page = uploaded(client, dispute, b"<html><script>alert(1)</script></html>")

    refused = client.post(address(dispute), {"object_key": page})

    assert (refused.status_code, refused.json()["code"]) == (422, "upload_refused")
    assert granted(client, dispute, "page.html", "text/html").status_code == 422
    assert granted(client, dispute, "page.pdf", "image/jpeg").status_code == 422
    assert granted(client, dispute, size=10**9).status_code == 422
    assert not DisputeEvidence.objects.exists()


@pytest.mark.parametrize("key", ["../../etc/passwd", "listings/x.jpg", "", "disputes/a/b.jpg"])
def test_only_keys_of_ours_are_confirmed(key: str, signed_in: SignIn, buyer: User, dispute: Dispute) -> None:
    assert signed_in(buyer).post(address(dispute), {"object_key": key}).status_code == 422


def test_before_the_upload_and_after_the_end_nothing_is_taken_in(
    signed_in: SignIn, buyer: User, dispute: Dispute
) -> None:
    client = signed_in(buyer)
    early = granted(client, dispute).json()["object_key"]
    late = uploaded(client, dispute)
    assert client.post(address(dispute), {"object_key": early}).json()["code"] == "not_uploaded"

    settling.release(buyer, dispute.pk)

    assert client.post(address(dispute), {"object_key": late}).json()["code"] == "dispute_closed"
    assert granted(client, dispute).status_code == 409
    assert not DisputeEvidence.objects.exists()


def test_the_address_cannot_change_what_was_handed_in(signed_in: SignIn, buyer: User, dispute: Dispute) -> None:
    client = signed_in(buyer)
    put = granted(client, dispute).json()
    path, kind = put["upload_url"].removeprefix(ADDRESS), put["headers"]["Content-Type"]
    Client().put(path, PICTURE, content_type=kind)
    first = client.post(address(dispute), {"object_key": put["object_key"]})

    Client().put(path, jpeg(32, 32), content_type=kind)

    assert client.post(address(dispute), {"object_key": put["object_key"]}).json() == first.json()
    with get_store().open(put["object_key"]) as file:
        assert file.read() == PICTURE


@pytest.mark.django_db(transaction=True)
def test_many_confirmations_at_once_make_one_row(signed_in: SignIn, buyer: User, dispute: Dispute) -> None:
    clients = [signed_in(buyer) for _ in range(8)]
    body = {"object_key": uploaded(clients[0], dispute)}

    replies = at_once([lambda c=client: c.post(address(dispute), body) for client in clients])  # type: ignore[misc]

    assert [reply.status_code for reply in replies] == [201] * 8
    assert DisputeEvidence.objects.count() == 1
