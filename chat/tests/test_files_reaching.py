"""Who gets a file, how it is served, and what one does with one's own. T12, T28."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import MessageReport, Room, Upload
from chat.services import changing, groups, moderation
from chat.services.files import work
from chat.tests.desk import PDF, SVG, WELCOME, Desk
from listings.tests.studio import opened

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]


def test_the_uploader_and_the_members_of_its_rooms_get_it_and_nobody_else(
    desk: Desk, buyer: User, seller: User, stranger: User, moderator: User, room: Room
) -> None:
    upload = desk.confirmed(buyer)
    assert [desk.download(who, upload).status for who in (buyer, seller)] == [200, 404]
    desk.message(buyer, room, upload)
    assert [desk.download(who, upload).body for who in (buyer, seller)] == [PDF, PDF]
    assert [desk.download(who, upload).status for who in (stranger, moderator)] == [404, 404]
    assert APIClient().get(f"/v1/uploads/{upload.pk}/download").status_code == 401


def test_rooms_of_every_kind(
    local_desk: Desk, buyer: User, seller: User, make_person: Callable[..., User], make_group: Callable[..., Room]
) -> None:
    banned, invited, late = (make_person(name) for name in ("banned", "invited", "late"))
    group = make_group(buyer, seller, banned, is_private=True)
    upload = local_desk.confirmed(seller)
    local_desk.message(seller, group, upload)
    groups.remove(buyer, group.pk, banned.pk, for_good=True)
    groups.invite(buyer, group.pk, invited)
    groups.invite(buyer, group.pk, late)
    groups.join(late, group.pk)
    people = {buyer: 200, banned: 404, invited: 404, late: 404}
    assert {who: local_desk.download(who, upload).status for who in people} == people
    assert local_desk.download(invited, _in_the_open(local_desk, seller, banned, make_group)).status == 200


def _in_the_open(desk: Desk, owner: User, banned: User, make_group: Callable[..., Room]) -> Upload:
    """In a group that is open to all but who is banned there."""
    group, upload = make_group(owner, banned, name="Open"), desk.confirmed(owner)
    desk.message(owner, group, upload)
    groups.remove(owner, group.pk, banned.pk, for_good=True)
    assert desk.download(banned, upload).status == 404
    return upload


def test_what_the_group_carries_stays_with_who_was_there(
    local_desk: Desk, buyer: User, seller: User, make_group: Callable[..., Room]
) -> None:
    """Removed: what was sent before stays readable, what comes after is not theirs."""
    group = make_group(buyer, seller, is_private=True)
    before, after = local_desk.confirmed(buyer), local_desk.confirmed(buyer)
    local_desk.message(buyer, group, before)
    groups.remove(buyer, group.pk, seller.pk)
    local_desk.message(buyer, group, after)
    assert local_desk.download(seller, before).status == 200
    assert local_desk.download(seller, after).status == 404


def test_moderators_read_the_names_of_what_was_reported(
    local_desk: Desk, buyer: User, seller: User, room: Room
) -> None:
    said = local_desk.message(buyer, room, local_desk.confirmed(buyer, name="oferta.pdf"))
    moderation.report(seller, said.pk, reason="scam", text="")
    changing.delete(buyer, said.pk, now=timezone.now())
    assert MessageReport.objects.get().excerpt[0]["files"] == ["oferta.pdf"]


@pytest.mark.parametrize("name", WELCOME)
def test_T28_nothing_can_run_in_our_origin(local_desk: Desk, buyer: User, name: str) -> None:
    content_type, body = WELCOME[name]
    upload = local_desk.confirmed(buyer, body, name=name, type=content_type)
    work.work_off_due()
    got = local_desk.download(buyer, upload)
    assert (got.status, got.body) == (200, body)
    assert got.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert got.headers["cache-control"] == "private, no-store"
    assert not any(word in got.headers["content-type"] for word in ("html", "svg", "xhtml", "script"))


def test_T28_a_drawing_is_saved_from_the_bucket_too(desk: Desk, buyer: User) -> None:
    got = desk.download(buyer, desk.confirmed(buyer, SVG, name="plan.svg", type="image/svg+xml"))
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment")


def test_T28_it_has_no_public_address(local_desk: Desk, buyer: User) -> None:
    key = local_desk.confirmed(buyer).storage_key
    assert Client().get(f"/media/{key}").status_code == 404
    assert Client().get(f"/storage/{key}").status_code == 403


def test_a_part_of_it_and_its_head(desk: Desk, signed_in: Api, buyer: User) -> None:
    upload = desk.confirmed(buyer)
    part = desk.download(buyer, upload, Range="bytes=0-7")
    assert (part.status, part.body) == (206, PDF[:8])
    assert part.headers["content-range"] == f"bytes 0-7/{len(PDF)}"
    head = signed_in(buyer).head(f"/v1/uploads/{upload.pk}/download")
    assert (head.status_code, head["Content-Length"], head.content) == (200, str(len(PDF)), b"")
    assert head["Content-Type"] == "application/pdf"


def test_a_picture_has_a_small_version_for_the_same_people(
    desk: Desk, buyer: User, seller: User, stranger: User, room: Room
) -> None:
    upload = desk.picture(buyer)
    desk.message(buyer, room, upload)
    small = desk.download(seller, upload, "?size=300")
    assert (small.headers["content-type"], opened(small.body).size) == ("image/jpeg", (300, 225))
    assert desk.download(stranger, upload, "?size=300").status == 404
    assert desk.download(seller, upload, "?size=301").status == 422
    assert desk.download(buyer, desk.confirmed(buyer), "?size=300").status == 404


def test_one_sees_ones_own_newest_first(local_desk: Desk, signed_in: Api, buyer: User, stranger: User) -> None:
    uploads = [local_desk.confirmed(buyer) for _ in range(3)]
    local_desk.sent_up(buyer)  # never confirmed
    client = signed_in(buyer)
    page = client.get("/v1/uploads?limit=2").json()
    rest = client.get(f"/v1/uploads?limit=2&cursor={page['next_cursor']}").json()
    keys = [each["id"] for each in (*page["items"], *rest["items"])]
    assert keys == [str(upload.pk) for upload in reversed(uploads)]
    assert (page["has_next"], rest["has_next"], rest["next_cursor"]) == (True, False, None)
    assert signed_in(stranger).get("/v1/uploads").json()["items"] == []
    assert signed_in(stranger).get(f"/v1/uploads?cursor={page['next_cursor']}").status_code == 422
    assert client.get(f"/v1/uploads/{uploads[0].pk}").json() == rest["items"][0]
    assert signed_in(stranger).get(f"/v1/uploads/{uploads[0].pk}").status_code == 404


def test_ones_own_is_deleted_with_its_bytes_while_nothing_carries_it(
    desk: Desk, signed_in: Api, buyer: User, stranger: User, room: Room, django_capture_on_commit_callbacks: object
) -> None:
    sent, unsent = desk.confirmed(buyer), desk.picture(buyer)
    desk.message(buyer, room, sent)
    assert signed_in(stranger).delete(f"/v1/uploads/{unsent.pk}").status_code == 404
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert signed_in(buyer).delete(f"/v1/uploads/{unsent.pk}").status_code == 204
    refused = signed_in(buyer).delete(f"/v1/uploads/{sent.pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "upload_in_use")
    assert desk.stored(buyer) == {sent.storage_key}
    assert desk.download(buyer, unsent).status == 404
    assert signed_in(buyer).delete(f"/v1/uploads/{unsent.pk}").status_code == 404
